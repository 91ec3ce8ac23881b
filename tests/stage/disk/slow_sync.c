/*
 * LD_PRELOAD: every sync takes at least ANBAN_SYNC_US microseconds longer, like a slow SD card.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_as_flash_does(void) {
    const char* text = getenv("ANBAN_SYNC_US");
    const long us = text == NULL ? 0 : atol(text);
    struct timespec left = {us / 1000000, us % 1000000 * 1000};
    while (nanosleep(&left, &left) != 0) {
    }
}

int fdatasync(int fd) {
    static int (*real)(int);
    if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    wait_as_flash_does();
    return real(fd);
}

int fsync(int fd) {
    static int (*real)(int);
    if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    wait_as_flash_does();
    return real(fd);
}
