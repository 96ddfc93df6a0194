// For dl_iterate_phdr.
#define _GNU_SOURCE

#include "CSegments.h"

#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

// Whether the dynamic linker wrote into segments that are read-only otherwise ("text relocations"). Their pages hold what no
// file has, and would be lost.
static int has_relocated_text(const struct dl_phdr_info *object) {
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *header = &object->dlpi_phdr[index];
    if (header->p_type != PT_DYNAMIC) continue;
    for (const ElfW(Dyn) *entry = (const void *)(object->dlpi_addr + header->p_vaddr); entry->d_tag != DT_NULL; entry++)
      if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_TEXTREL)) return 1;
  }
  return 0;
}

struct pages {
  void *start;
  size_t size;
};

static int let_go(struct dl_phdr_info *object, size_t size, void *context) {
  (void)size;
  (void)context;
  if (has_relocated_text(object)) return 0;
  // All are found first: the headers that say so lie in one of them, and would be read in again.
  struct pages found[object->dlpi_phnum + 1];
  int count = 0;
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *header = &object->dlpi_phdr[index];
    if (header->p_type != PT_LOAD || header->p_flags & PF_W) continue;
    const uintptr_t start = (object->dlpi_addr + header->p_vaddr) & ~(page - 1);
    const uintptr_t end = (object->dlpi_addr + header->p_vaddr + header->p_filesz + page - 1) & ~(page - 1);
    found[count++] = (struct pages){(void *)start, end - start};
  }
  // Where it fails (locked memory), they stay.
  while (count-- > 0) (void)madvise(found[count].start, found[count].size, MADV_DONTNEED);
  return 0;
}

void csegments_let_go_of_read_only_pages(void) {
  (void)dl_iterate_phdr(let_go, NULL);
}
