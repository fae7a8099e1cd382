/* Writes the keys of every TLS connection of a program that uses OpenSSL's shared library, 1.1.1 or later, to a key log:
 *
 *     gcc -O2 -Wall -shared -fPIC -o libkeylog.so keylog.c -ldl
 *     SSLKEYLOGFILE=/var/log/keys.log LD_PRELOAD=/usr/local/lib/libkeylog.so nginx
 *
 * The file is opened when the program starts, so before a server drops root, and nobody else can read it. Once a second,
 * at most, the name is looked at: if it stands for another file, that one is written to, provided that it can be opened.
 * Each line is written by one call, so that the processes of a server can share the file. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST = 1024 };
static const char *const LIBRARIES[] = {"libssl.so.3", "libssl.so.1.1", NULL};

typedef void (*keylog_callback)(const void *ssl, const char *line);

static char path[PATH_MAX];
static int file = -1;
static time_t looked;

/* For reading too: then a FIFO without a reader neither blocks nor raises SIGPIPE. */
static void open_file(void) {
    int opened = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
    if (opened < 0)
        return;
    if (file < 0)
        file = opened;
    else if (dup3(opened, file, O_CLOEXEC) >= 0) /* another thread may be writing to it */
        close(opened);
}

static void look_for_another_file(void) {
    struct stat named, ours;
    time_t now = time(NULL);
    if (now == looked)
        return;
    looked = now;
    if (file >= 0 && stat(path, &named) == 0 && fstat(file, &ours) == 0 && named.st_ino == ours.st_ino &&
        named.st_dev == ours.st_dev)
        return;
    open_file();
}

static void write_line(const void *ssl, const char *line) {
    char text[LONGEST];
    size_t length = strlen(line);
    (void)ssl;
    if (length >= LONGEST)
        return;
    look_for_another_file();
    memcpy(text, line, length);
    text[length] = '\n';
    if (file >= 0 && write(file, text, length + 1) < 0)
        looked = 0; /* a FIFO that nobody reads, or a full disk: keys are lost, connections are not */
    explicit_bzero(text, sizeof text);
}

/* The next function of this name; a library that a module brought along is not among those that come next. */
static void *next(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    for (int i = 0; !found && LIBRARIES[i]; i++) {
        void *library = dlopen(LIBRARIES[i], RTLD_LAZY | RTLD_NOLOAD);
        found = library ? dlsym(library, name) : NULL;
    }
    return found;
}

static void *logged(void *context) {
    void (*set)(void *, keylog_callback) = next("SSL_CTX_set_keylog_callback");
    if (context && set && *path)
        set(context, write_line);
    return context;
}

void *SSL_CTX_new(const void *method) {
    void *(*real)(const void *) = next("SSL_CTX_new");
    return real ? logged(real(method)) : NULL;
}

void *SSL_CTX_new_ex(void *library, const char *properties, const void *method) {
    void *(*real)(void *, const char *, const void *) = next("SSL_CTX_new_ex");
    return real ? logged(real(library, properties, method)) : NULL;
}

__attribute__((constructor)) static void begin(void) {
    const char *named = getenv("SSLKEYLOGFILE"); /* nginx removes it from the environment later */
    if (named && strlen(named) < sizeof path) {
        strcpy(path, named);
        open_file();
    }
}
