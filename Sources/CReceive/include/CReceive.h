#ifndef CRECEIVE_H
#define CRECEIVE_H

// libmicrohttpd (0.9.75) parses in place and puts a NUL for the CR and the LF that end a line. A NUL that was received can't
// be told from these afterwards: "a<NUL><LF>" looks like "a<CR><LF>", and whatever stands behind a NUL is hidden. So none
// must reach it. It receives with recv(2) and has no other way to be given bytes; the program's own recv takes the place of
// the system's, for the shared libraries too.

// Whether, from here on, U+0001 is received on this thread for each NUL. It can stand nowhere in a request, so whoever sends a
// NUL is refused. Not while TLS is spoken.
void creceive_refuse_nul(int refuses);

// Whether shared libraries receive through us. 0 says that the program was linked in a way that this doesn't work with.
int creceive_is_in_place(void);

#endif
