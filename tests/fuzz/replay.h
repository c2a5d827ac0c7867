/* main() for a fuzz target without the fuzzer: runs each file named on the command line. Include
 * it last. */
#pragma once
#include <stdio.h>
#include <stdlib.h>

#define REPLAY_MAX (1 << 20)

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        unsigned char *bytes = malloc(REPLAY_MAX);
        if (f == NULL || bytes == NULL) {
            perror(argv[i]);
            return 1;
        }
        size_t len = fread(bytes, 1, REPLAY_MAX, f);
        fclose(f);
        /* Cut to size, so that a read behind the end is seen. */
        unsigned char *exact = realloc(bytes, len > 0 ? len : 1);
        if (exact == NULL)
            return 1;
        LLVMFuzzerTestOneInput(exact, len);
        free(exact);
    }
    printf("%d files replayed\n", argc - 1);
    return 0;
}
