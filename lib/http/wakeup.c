/* See wakeup.h. */
#include "lib/http/wakeup.h"
#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int wakeup_open(void)
{
    return eventfd(0, EFD_CLOEXEC);
}

void wakeup_send(int fd)
{
    uint64_t one = 1;
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

void wakeup_take(int fd)
{
    uint64_t times;
    while (read(fd, &times, sizeof times) < 0 && errno == EINTR)
        ;
}
