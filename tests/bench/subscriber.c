/*
 * The floor for telemetry: a Paho subscriber that counts and does nothing else.
 *
 * Usage: anban-bench-subscriber HOME_PORT HOME_PASSWORD FILTER
 * Prints "ready", and at SIGTERM how many messages came.
 */
#include <MQTTAsync.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_ulong heard;
static const char* filter;

static void give_up(const char* why) {
    fprintf(stderr, "anban-bench-subscriber: %s\n", why);
    exit(1);
}

static int on_message(void* unused, char* topic, int length, MQTTAsync_message* message) {
    (void)unused;
    (void)length;
    ++heard;
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

static void on_refused(void* unused, MQTTAsync_failureData5* why) {
    (void)unused;
    (void)why;
    give_up("the broker refuses");
}

static void on_subscribed(void* unused, MQTTAsync_successData5* data) {
    (void)unused;
    (void)data;
    puts("ready");
    fflush(stdout);
}

static void on_connected(void* client, MQTTAsync_successData5* data) {
    (void)data;
    MQTTAsync_callOptions call = MQTTAsync_callOptions_initializer;
    call.onSuccess5 = on_subscribed;
    call.onFailure5 = on_refused;
    if (MQTTAsync_subscribe(client, filter, 0, &call) != MQTTASYNC_SUCCESS) give_up("can't subscribe");
}

int main(int argc, char** argv) {
    if (argc != 4) give_up("see the head of subscriber.c");
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    char uri[64];
    snprintf(uri, sizeof uri, "tcp://127.0.0.1:%s", argv[1]);
    filter = argv[3];
    MQTTAsync client = NULL;
    MQTTAsync_createOptions five = MQTTAsync_createOptions_initializer5;
    if (MQTTAsync_createWithOptions(&client, uri, "floor-subscriber", MQTTCLIENT_PERSISTENCE_NONE, NULL, &five) !=
        MQTTASYNC_SUCCESS)
        give_up("no client");
    MQTTAsync_setMessageArrivedCallback(client, client, on_message);
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
    options.username = "anband";
    options.password = argv[2];
    options.onSuccess5 = on_connected;
    options.onFailure5 = on_refused;
    options.context = client;
    if (MQTTAsync_connect(client, &options) != MQTTASYNC_SUCCESS) give_up("can't connect");
    int which = 0;
    sigwait(&ends, &which);
    printf("%lu\n", atomic_load(&heard));
    return 0;
}
