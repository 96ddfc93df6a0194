#ifndef CMICROHTTPD_SHIM_H
#define CMICROHTTPD_SHIM_H

#include <linux/filter.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// What libmicrohttpd logs contains the caller's URL, so none of it is kept. It would go to stderr otherwise.
static inline void cmicrohttpd_drop_log(void *context, const char *format, va_list arguments) {
  (void)context;
  (void)format;
  (void)arguments;
}

// MHD_start_daemon is variadic, and the logger has to be its first option. The other options come as an array that ends
// with MHD_OPTION_END.
static inline struct MHD_Daemon *cmicrohttpd_start(
    unsigned int flags, MHD_AccessHandlerCallback handler, void *context, struct MHD_OptionItem *options) {
  return MHD_start_daemon(
      flags, 0, NULL, NULL, handler, context, MHD_OPTION_EXTERNAL_LOGGER, &cmicrohttpd_drop_log, NULL,
      MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

// MHD_FLAG is no option set in Swift. It gets its connections from us and runs on our thread: it doesn't listen by itself,
// and has no thread.
static inline unsigned int cmicrohttpd_flags(int with_tls) {
  unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET;
  return with_tls ? flags | MHD_USE_TLS : flags;
}

// What becomes readable when the daemon has something to do; -1 if there is none. MHD_get_daemon_info is variadic.
static inline int cmicrohttpd_epoll(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
  return info == NULL ? -1 : info->epoll_fd;
}

// A function pointer as an option's value.
static inline struct MHD_OptionItem cmicrohttpd_completed_option(MHD_RequestCompletedCallback function, void *context) {
  struct MHD_OptionItem item = {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)function, context};
  return item;
}

static inline struct MHD_OptionItem cmicrohttpd_connection_option(
    MHD_NotifyConnectionCallback function, void *context) {
  struct MHD_OptionItem item = {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)function, context};
  return item;
}

typedef void *(*cmicrohttpd_uri_callback)(void *context, const char *uri, struct MHD_Connection *connection);

static inline struct MHD_OptionItem cmicrohttpd_uri_option(cmicrohttpd_uri_callback function, void *context) {
  struct MHD_OptionItem item = {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)function, context};
  return item;
}

// Decodes nothing: %2F and %00 stay what they are.
static inline size_t cmicrohttpd_keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
  (void)context;
  (void)connection;
  return strlen(text);
}

static inline struct MHD_OptionItem cmicrohttpd_unescape_option(void) {
  struct MHD_OptionItem item = {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)&cmicrohttpd_keep_escapes, NULL};
  return item;
}

// Ends the query where it begins, after it was copied. libmicrohttpd would make a list entry of each argument; some
// thousands of them use up the connection's memory, and the answer to that is never sent. We read the query ourselves.
// The text lies in libmicrohttpd's own, writable buffer, where it puts a NUL for the '?' right after this callback.
static inline void cmicrohttpd_hide_arguments(const char *uri) {
  char *query = strchr((char *)(uintptr_t)uri, '?');
  if (query != NULL) query[1] = '\0';
}

// MHD_get_connection_info is variadic.
static inline size_t cmicrohttpd_header_size(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info == NULL ? 0 : info->header_size;
}

static inline const struct sockaddr *cmicrohttpd_peer(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info == NULL ? NULL : info->client_addr;
}

// Whether libmicrohttpd (0.9.75) sees to the connection before it reads from it. Otherwise a client that has closed its half
// of the connection after its request is taken for gone when its connection is resumed, and its answer is dropped.
// Connections with a timeout of their own are seen to first; this one is an hour, which is never reached.
// MHD_set_connection_option is variadic.
static inline void cmicrohttpd_answer_before_reading(struct MHD_Connection *connection, int is_wanted) {
  (void)MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, is_wanted ? 3600U : 0U);
}

// What the connection callback put there.
static inline void *cmicrohttpd_context(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == NULL ? NULL : info->socket_context;
}

// How many cookies libmicrohttpd has made a list of.
static inline int cmicrohttpd_cookie_count(struct MHD_Connection *connection) {
  return MHD_get_connection_values(connection, MHD_COOKIE_KIND, NULL, NULL);
}

// -1 if there is none.
static inline int cmicrohttpd_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == NULL ? -1 : info->connect_fd;
}

// Drops every segment to a listening TCP socket that asks for a new connection: SYN set, ACK not. A handshake that has
// begun still ends well. Whoever asks asks again after a second, and then meets another process, or nobody. The filter's
// macros aren't imported by Swift, hence it stands here.
static inline int cmicrohttpd_drop_new_handshakes(int listening_socket) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),          // The flags, in the TCP header's byte 13.
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x02 | 0x10),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),                    // Drop.
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),           // Pass all of it.
  };
  struct sock_fprog program = {sizeof code / sizeof code[0], code};
  return setsockopt(listening_socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

// Behind _GNU_SOURCE in the system's header.
extern int accept4(int listening_socket, struct sockaddr *peer, socklen_t *length, int flags);

static inline int cmicrohttpd_accept(int listening_socket, struct sockaddr *peer, socklen_t *length) {
  return accept4(listening_socket, peer, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// Values that come from C are integers in Swift: an enum's case that is new to us would be undefined behaviour.
static const unsigned int CMICROHTTPD_CONNECTION_STARTED = MHD_CONNECTION_NOTIFY_STARTED;

// Macros with casts, which the importer leaves out.
static const ssize_t CMICROHTTPD_END_WITH_ERROR = MHD_CONTENT_READER_END_WITH_ERROR;

#endif
