#ifndef CSEGMENTS_H
#define CSEGMENTS_H

// The program and its shared libraries are segments of files, mapped into memory (elf(5), dl_iterate_phdr(3)). The system
// reads a page of them in at its first use, with those around it, and leaves it there. More than half of what a start of the
// gateway runs through and reads (symbol tables, libraries that set themselves up, the parsers of settings) is never used again.

// Lets go of all pages of read-only segments. Whatever is used again comes back by itself, from the system's cache of the
// file, in a microsecond or so. Segments that can be written to stay as they are. What a debugger or a probe wrote into the
// code, such as a breakpoint, is gone.
void csegments_let_go_of_read_only_pages(void);

#endif
