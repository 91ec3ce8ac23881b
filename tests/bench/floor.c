/*
 * The floor below which no gateway can come: carries a home's alarms to the district's broker with as little
 * as possible between. One thread, two connections, three ways to treat the disk:
 *
 *   memory   hands each message on at once
 *   fsync    appends each message to a file and syncs it before it hands it on
 *   sqlite   a second thread commits whatever has come to SQLite (WAL, FULL) and then hands it on
 *
 * Usage: anban-bench-floor WAY HOME_PORT HOME_PASSWORD DISTRICT_PORT CA CERTIFICATE KEY GATEWAY FILE
 * Prints "ready" when both connections stand. Ends on SIGTERM.
 */
#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { most_waiting = 16384, most_bytes = 512 };

enum way { MEMORY, FSYNC, SQLITE };

struct message {
    int size;
    unsigned char bytes[most_bytes];
};

static struct {
    enum way way;
    struct mosquitto* district;
    char topic[128];
    int file;
    bool subscribed;
    bool joined;
    bool told;
    /* Between the two threads of SQLITE. */
    pthread_mutex_t lock;
    pthread_cond_t news;
    struct message* waiting;
    int waiting_count;
    struct message* committed;
    int committed_count;
    int wake[2];
    sqlite3* database;
} it = {.lock = PTHREAD_MUTEX_INITIALIZER, .news = PTHREAD_COND_INITIALIZER};

static void give_up(const char* why) {
    fprintf(stderr, "anban-bench-floor: %s\n", why);
    exit(1);
}

static void hand_on(const void* bytes, int size) {
    if (mosquitto_publish(it.district, NULL, it.topic, size, bytes, 1, false) != MOSQ_ERR_SUCCESS)
        give_up("the district's broker takes nothing");
}

static void on_message(struct mosquitto* home, void* unused, const struct mosquitto_message* m) {
    (void)home;
    (void)unused;
    if (m->payloadlen > most_bytes) return;
    if (it.way == MEMORY) {
        hand_on(m->payload, m->payloadlen);
    } else if (it.way == FSYNC) {
        if (write(it.file, m->payload, (size_t)m->payloadlen) != m->payloadlen || fdatasync(it.file) != 0)
            give_up("the file takes nothing");
        hand_on(m->payload, m->payloadlen);
    } else {
        pthread_mutex_lock(&it.lock);
        if (it.waiting_count == most_waiting) give_up("more waits than fits");
        struct message* one = &it.waiting[it.waiting_count++];
        one->size = m->payloadlen;
        memcpy(one->bytes, m->payload, (size_t)m->payloadlen);
        pthread_cond_signal(&it.news);
        pthread_mutex_unlock(&it.lock);
    }
}

static void commit(sqlite3_stmt* insert, const struct message* group, int count) {
    bool fine = sqlite3_exec(it.database, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
    for (int i = 0; fine && i < count; ++i) {
        sqlite3_bind_blob(insert, 1, group[i].bytes, group[i].size, SQLITE_STATIC);
        fine = sqlite3_step(insert) == SQLITE_DONE;
        sqlite3_reset(insert);
    }
    if (!fine || sqlite3_exec(it.database, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        give_up(sqlite3_errmsg(it.database));
}

static void* write_groups(void* unused) {
    sqlite3_stmt* insert = NULL;
    struct message* group = malloc(sizeof(struct message) * most_waiting);
    if (group == NULL ||
        sqlite3_prepare_v2(it.database, "INSERT INTO alarm(frame) VALUES(?)", -1, &insert, NULL) != SQLITE_OK)
        give_up("the writer can't start");
    for (;;) {
        pthread_mutex_lock(&it.lock);
        while (it.waiting_count == 0) pthread_cond_wait(&it.news, &it.lock);
        struct message* full = it.waiting;
        const int count = it.waiting_count;
        it.waiting = group;
        it.waiting_count = 0;
        group = full;
        pthread_mutex_unlock(&it.lock);

        commit(insert, group, count);

        pthread_mutex_lock(&it.lock);
        if (it.committed_count + count > most_waiting) give_up("more is committed than fits");
        memcpy(it.committed + it.committed_count, group, sizeof(struct message) * (size_t)count);
        it.committed_count += count;
        pthread_mutex_unlock(&it.lock);
        if (write(it.wake[1], "", 1) != 1) give_up("nobody can be woken");
    }
    return unused;
}

static void hand_on_committed(void) {
    static struct message group[most_waiting];
    char nothing[64];
    if (read(it.wake[0], nothing, sizeof nothing) < 0) return;
    pthread_mutex_lock(&it.lock);
    const int count = it.committed_count;
    memcpy(group, it.committed, sizeof(struct message) * (size_t)count);
    it.committed_count = 0;
    pthread_mutex_unlock(&it.lock);
    for (int i = 0; i < count; ++i) hand_on(group[i].bytes, group[i].size);
}

static void open_store(const char* path) {
    if (it.way == FSYNC) {
        it.file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (it.file < 0) give_up("the file can't be opened");
    }
    if (it.way != SQLITE) return;
    it.waiting = malloc(sizeof(struct message) * most_waiting);
    it.committed = malloc(sizeof(struct message) * most_waiting);
    if (it.waiting == NULL || it.committed == NULL || pipe2(it.wake, O_NONBLOCK) != 0) give_up("no memory");
    if (sqlite3_open(path, &it.database) != SQLITE_OK ||
        sqlite3_exec(it.database,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                     "CREATE TABLE IF NOT EXISTS alarm(id INTEGER PRIMARY KEY, frame BLOB)",
                     NULL, NULL, NULL) != SQLITE_OK)
        give_up("the database can't be opened");
    pthread_t writer;
    if (pthread_create(&writer, NULL, write_groups, NULL) != 0) give_up("no thread");
}

static void on_home_connect(struct mosquitto* home, void* unused, int reason) {
    (void)unused;
    if (reason != 0) give_up("the home's broker refuses");
    mosquitto_subscribe(home, NULL, "anban/dev/+/alarm", 1);
}

static void on_home_subscribe(struct mosquitto* home, void* unused, int id, int count, const int* granted) {
    (void)home;
    (void)unused;
    (void)id;
    it.subscribed = count == 1 && granted[0] == 1;
}

static void on_district_connect(struct mosquitto* district, void* unused, int reason) {
    (void)district;
    (void)unused;
    if (reason != 0) give_up("the district's broker refuses");
    it.joined = true;
}

static struct mosquitto* new_client(const char* id) {
    struct mosquitto* client = mosquitto_new(id, true, NULL);
    if (client == NULL) give_up("no client");
    mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, 1000);
    return client;
}

static void serve(struct mosquitto* client, short events) {
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && mosquitto_loop_read(client, 100) != MOSQ_ERR_SUCCESS)
        give_up("a connection is lost");
    if (mosquitto_want_write(client)) mosquitto_loop_write(client, 100);
    mosquitto_loop_misc(client);
}

int main(int argc, char** argv) {
    if (argc != 10) give_up("see the head of floor.c");
    it.way = strcmp(argv[1], "memory") == 0 ? MEMORY : strcmp(argv[1], "fsync") == 0 ? FSYNC : SQLITE;
    snprintf(it.topic, sizeof it.topic, "anban/1/up/%s/floor", argv[8]);
    mosquitto_lib_init();
    open_store(argv[9]);

    it.district = new_client(argv[8]);
    mosquitto_connect_callback_set(it.district, on_district_connect);
    mosquitto_tls_set(it.district, argv[5], NULL, argv[6], argv[7], NULL);
    if (mosquitto_connect(it.district, "127.0.0.1", atoi(argv[4]), 20) != MOSQ_ERR_SUCCESS)
        give_up("the district's broker is not there");

    struct mosquitto* home = new_client("floor");
    mosquitto_username_pw_set(home, "anband", argv[3]);
    mosquitto_connect_callback_set(home, on_home_connect);
    mosquitto_subscribe_callback_set(home, on_home_subscribe);
    mosquitto_message_callback_set(home, on_message);
    if (mosquitto_connect(home, "127.0.0.1", atoi(argv[2]), 20) != MOSQ_ERR_SUCCESS)
        give_up("the home's broker is not there");

    for (;;) {
        struct pollfd fds[3] = {{mosquitto_socket(home), POLLIN, 0},
                                {mosquitto_socket(it.district), POLLIN, 0},
                                {it.way == SQLITE ? it.wake[0] : -1, POLLIN, 0}};
        if (mosquitto_want_write(home)) fds[0].events |= POLLOUT;
        if (mosquitto_want_write(it.district)) fds[1].events |= POLLOUT;
        if (poll(fds, 3, 1000) < 0) continue;
        serve(home, fds[0].revents);
        if (fds[2].revents != 0) hand_on_committed();
        serve(it.district, fds[1].revents);
        if (!it.told && it.subscribed && it.joined) {
            it.told = true;
            puts("ready");
            fflush(stdout);
        }
    }
}
