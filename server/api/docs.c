/* /docs: the page that shows openapi.json in a browser. The viewer's own files lie in a directory;
 * without them the page says how to get them. Nothing is fetched from elsewhere. */
#include "lib/base/problem.h"
#include "server/api/openapi.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((off_t)16 << 20)
#define HTML "text/html; charset=utf-8"
#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "                    \
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; "           \
    "form-action 'none'; frame-ancestors 'none'"

/* All that is served from the directory. */
static const struct {
    const char *name, *media;
} files[] = {
    {"swagger-ui.css", "text/css; charset=utf-8"},
    {"swagger-ui-bundle.js", "text/javascript; charset=utf-8"},
    {"favicon-32x32.png", "image/png"},
};

static const char viewer_page[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>o2c API</title>\n"
    "<link rel=\"icon\" type=\"image/png\" href=\"/docs/favicon-32x32.png\">\n"
    "<link rel=\"stylesheet\" href=\"/docs/swagger-ui.css\">\n"
    "<style>body { margin: 0; background: #fafafa; }</style>\n"
    "</head>\n"
    "<body>\n"
    "<div id=\"viewer\"></div>\n"
    "<noscript>The viewer needs JavaScript. The document itself is "
    "<a href=\"/openapi.json\">/openapi.json</a>.</noscript>\n"
    "<script src=\"/docs/swagger-ui-bundle.js\"></script>\n"
    "<script src=\"/docs/start.js\"></script>\n"
    "</body>\n"
    "</html>\n";

/* No validator: it would send the document to a server elsewhere. */
static const char start_script[] = "SwaggerUIBundle({\n"
                                   "    url: '/openapi.json',\n"
                                   "    dom_id: '#viewer',\n"
                                   "    deepLinking: true,\n"
                                   "    docExpansion: 'none',\n"
                                   "    defaultModelsExpandDepth: 0,\n"
                                   "    displayOperationId: true,\n"
                                   "    filter: true,\n"
                                   "    showExtensions: true,\n"
                                   "    validatorUrl: null\n"
                                   "});\n";

static const char plain_page[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head><meta charset=\"utf-8\"><title>o2c API</title></head>\n"
    "<body>\n"
    "<h1>o2c API</h1>\n"
    "<p>The API is described in <a href=\"/openapi.json\">/openapi.json</a> (OpenAPI 3.1). Any "
    "OpenAPI tool can read it.</p>\n"
    "<p>The viewer for this page is not installed. To get it, run this in the source tree:</p>\n"
    "<pre>npm ci --prefix openapi</pre>\n"
    "<p>and start the server with the directory of its files:</p>\n"
    "<pre>O2C_DOCS_DIR=openapi/node_modules/swagger-ui-dist o2cd serve</pre>\n"
    "</body>\n"
    "</html>\n";

static bool is_there(struct http_request *r, const char *dir, const char *name)
{
    struct stat s;
    return stat(arena_printf(r->arena, "%s/%s", dir, name), &s) == 0 && S_ISREG(s.st_mode) &&
           s.st_size <= FILE_BYTES_MAX;
}

static void respond_page(struct http_request *r, const char *dir)
{
    bool viewer = dir[0] != '\0' && is_there(r, dir, "swagger-ui-bundle.js") &&
                  is_there(r, dir, "swagger-ui.css");
    const char *page = viewer ? viewer_page : plain_page;
    http_set_header(r, "Content-Security-Policy", POLICY);
    http_respond(r, 200, HTML, page, strlen(page));
}

static bool read_all(int fd, char *p, size_t len)
{
    for (size_t got = 0; got < len;) {
        ssize_t n = read(fd, p + got, len - got);
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        got += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* The file's bytes in the arena, or NULL. */
static const char *load(struct arena *a, const char *path, size_t *ret_len)
{
    /* O_NONBLOCK: somebody's FIFO must not hold the thread. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    struct stat s;
    char *bytes = NULL;
    if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_size <= FILE_BYTES_MAX) {
        *ret_len = (size_t)s.st_size;
        bytes = arena_alloc(a, *ret_len + 1);
        if (!read_all(fd, bytes, *ret_len))
            bytes = NULL;
    }
    close(fd);
    return bytes;
}

static const char *media_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(files); i++)
        if (strcmp(files[i].name, name) == 0)
            return files[i].media;
    return NULL;
}

static void respond_file(struct http_request *r, const char *dir, const char *name)
{
    const char *media = media_of(name), *bytes = NULL;
    size_t len = 0;
    if (strcmp(name, "start.js") == 0) {
        media = "text/javascript; charset=utf-8";
        bytes = start_script;
        len = strlen(start_script);
    } else if (media != NULL && dir[0] != '\0') {
        bytes = load(r->arena, arena_printf(r->arena, "%s/%s", dir, name), &len);
    }
    if (bytes != NULL) {
        http_set_header(r, "Content-Security-Policy", POLICY);
        http_set_header(r, "Cache-Control", "private, max-age=3600");
        http_respond(r, 200, media, bytes, len);
        return;
    }
    struct problem p;
    problem_init(&p, r->arena);
    fail(&p, ERR_NOT_FOUND, "The viewer has no such file. /docs says how to get the viewer.");
    http_respond_problem(r, &p);
}

void docs_respond(struct http_request *r, const char *dir)
{
    const char *name = r->path + strlen("/docs");
    if (name[0] == '/')
        name++;
    if (name[0] == '\0')
        respond_page(r, dir);
    else
        respond_file(r, dir, name);
}
