/* Host tool: makes C from files that the program carries with it.
 * embed --migrations OUT.c NNNN_words.sql …   migrations[] and n_migrations of lib/pg/migrate.h
 * embed --bytes SYMBOL OUT.c FILE             const unsigned char SYMBOL[]; const size_t SYMBOL_len
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noreturn)) static void die(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    exit(1);
}

static FILE *open_file(const char *path, const char *mode)
{
    FILE *f = fopen(path, mode);
    if (!f)
        die(path, strerror(errno));
    return f;
}

static void close_out(FILE *o, const char *path)
{
    bool failed = ferror(o);
    if (fclose(o) != 0 || failed)
        die(path, "cannot be written");
}

/* ---- migrations ---- */

struct file {
    const char *path, *name; /* name: behind the last slash */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void check_name(const struct file *f)
{
    size_t digits = strspn(f->name, "0123456789");
    size_t words = strspn(f->name + digits, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (digits != 4 || f->name[4] != '_' || words < 2 ||
        strcmp(f->name + digits + words, ".sql") != 0)
        die(f->path, "a migration is named NNNN_words.sql");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static void check_versions(const struct file *files, int n)
{
    for (int i = 1; i < n; i++)
        if (strncmp(files[i - 1].name, files[i].name, 4) == 0)
            die(files[i].path, "another migration has the same version");
}

static void write_literal_char(FILE *o, int c)
{
    if (c == '\n')
        fputs("\\n\"\n     \"", o);
    else if (c == '"' || c == '\\' || c == '?')
        fprintf(o, "\\%c", c);
    else if (c == '\t' || (c >= ' ' && c != 127))
        fputc(c, o);
    else
        fprintf(o, "\\%03o", (unsigned)c);
}

static void write_migration(FILE *o, const struct file *f)
{
    fprintf(o, "    {%ld, \"%.*s\",\n     \"", strtol(f->name, NULL, 10), (int)strlen(f->name) - 4,
            f->name);
    FILE *in = open_file(f->path, "rb");
    for (int c; (c = fgetc(in)) != EOF;) {
        if (c == '\0')
            die(f->path, "is not a text");
        write_literal_char(o, c);
    }
    if (ferror(in))
        die(f->path, "cannot be read");
    fclose(in);
    fprintf(o, "\"},\n");
}

static int embed_migrations(const char *out, char **paths, int n)
{
    struct file *files = calloc((size_t)n + 1, sizeof(struct file));
    if (!files)
        die(out, "out of memory");
    for (int i = 0; i < n; i++) {
        files[i] = (struct file){paths[i], base_name(paths[i])};
        check_name(&files[i]);
    }
    qsort(files, (size_t)n, sizeof(struct file), by_name);
    check_versions(files, n);
    FILE *o = open_file(out, "w");
    fprintf(o, "/* Made by embed from the migrations. */\n#include \"lib/pg/migrate.h\"\n\n");
    fprintf(o, "const struct migration migrations[] = {\n");
    for (int i = 0; i < n; i++)
        write_migration(o, &files[i]);
    fprintf(o, "    {0},\n};\nconst int n_migrations = %d;\n", n);
    close_out(o, out);
    free(files);
    return 0;
}

/* ---- bytes ---- */

static int embed_bytes(const char *symbol, const char *out, const char *path)
{
    FILE *in = open_file(path, "rb");
    FILE *o = open_file(out, "w");
    fprintf(o, "/* Made by embed from %s. */\n#include <stddef.h>\n\n", base_name(path));
    fprintf(o, "extern const unsigned char %s[];\nextern const size_t %s_len;\n\n", symbol, symbol);
    fprintf(o, "/* With a NUL behind the end that does not count. */\n");
    fprintf(o, "const unsigned char %s[] = {\n", symbol);
    size_t n = 0;
    for (int c; (c = fgetc(in)) != EOF; n++)
        fprintf(o, "%d,%s", c, n % 24 == 23 ? "\n" : "");
    if (ferror(in))
        die(path, "cannot be read");
    fclose(in);
    fprintf(o, "0};\nconst size_t %s_len = %zu;\n", symbol, n);
    close_out(o, out);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "--migrations") == 0)
        return embed_migrations(argv[2], argv + 3, argc - 3);
    if (argc == 5 && strcmp(argv[1], "--bytes") == 0)
        return embed_bytes(argv[2], argv[3], argv[4]);
    fputs("usage: embed --migrations OUT.c FILE.sql …\n"
          "       embed --bytes SYMBOL OUT.c FILE\n",
          stderr);
    return 2;
}
