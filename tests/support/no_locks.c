/* A file system without locks, as some on a network: whoever asks for one gets the error LOCK_ERROR, a number. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>

static int refuse(void)
{
    errno = atoi(getenv("LOCK_ERROR"));
    return -1;
}

int flock(int file, int operation)
{
    return refuse();
}

#define WITHOUT_LOCKS(name)                                      \
    int name(int file, int command, ...)                         \
    {                                                            \
        va_list rest;                                            \
        va_start(rest, command);                                 \
        void *argument = va_arg(rest, void *);                   \
        va_end(rest);                                            \
        if (command == F_SETLK || command == F_SETLKW)           \
            return refuse();                                     \
        int (*next)(int, int, ...) = dlsym(RTLD_NEXT, #name);    \
        return next(file, command, argument);                    \
    }

#ifndef FLOCK_ONLY
WITHOUT_LOCKS(fcntl)
WITHOUT_LOCKS(fcntl64)
#endif
