// What Debian's libstdc++ and libgcc take from glibc alone, so that they serve a Node that was made for musl: for the tests
// on musl, where Debian has no C++ library. Stands in for the library in whose place it lies, glibc's loader, of which
// nothing else is asked. Freestanding: the headers here are glibc's.
typedef unsigned long size_t;

int getentropy(void *, size_t);
size_t strftime_l(char *, size_t, const char *, const void *, void *);
int pthread_key_create(unsigned *, void (*)(void *));
void *memmove(void *, const void *, size_t);

char __libc_single_threaded = 0;

unsigned arc4random(void) {
  unsigned number;
  getentropy(&number, sizeof number);
  return number;
}

size_t __strftime_l(char *to, size_t size, const char *format, const void *time, void *locale) {
  return strftime_l(to, size, format, time, locale);
}

int __pthread_key_create(unsigned *key, void (*destroy)(void *)) {
  return pthread_key_create(key, destroy);
}

// Destructors of a thread's variables are not run: the threads end with the process.
int __cxa_thread_atexit_impl(void (*destroy)(void *), void *object, void *library) {
  return 0;
}

// Which processor this is, for code that comes in several versions: the plainest.
struct {
  unsigned vendor, type, subtype, features[1];
} __cpu_model;
int __cpu_indicator_init(void) {
  return 0;
}

// basic_string::_M_replace_cold, which libstdc++ has since GCC 13: `source` may lie inside of the string itself.
void _ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE15_M_replace_coldEPcmPKcmm(void *self, char *at, size_t old,
                                                                                      const char *source, size_t new,
                                                                                      size_t tail) {
  if (new && new <= old) memmove(at, source, new);
  if (tail && new != old) memmove(at + new, at + old, tail);
  if (new <= old) return;
  if (source + new <= at + old) {
    memmove(at, source, new);
  } else if (source >= at + old) {
    memmove(at, source + (new - old), new);
  } else {
    size_t left = at + old - source;
    memmove(at, source, left);
    memmove(at + left, at + new, new - left);
  }
}

// _dl_find_object(3), which libgcc asks for the unwinding table of the object that an exception comes from.
struct program_header {
  unsigned type, flags;
  unsigned long offset, address, physical, file_size, memory_size, align;
};
struct object {
  unsigned long base;
  const char *name;
  const struct program_header *headers;
  unsigned short count;
};
struct found {
  unsigned long long flags;
  void *start, *end, *link_map, *unwinding;
};
struct search {
  unsigned long address;
  struct found *found;
};
int dl_iterate_phdr(int (*)(struct object *, size_t, void *), void *);

static int look(struct object *object, size_t size, void *data) {
  enum { LOAD = 1, UNWINDING = 0x6474e550 };
  struct search *search = data;
  unsigned long start = ~0UL, end = 0;
  void *unwinding = 0;
  int inside = 0;
  for (int i = 0; i < object->count; i += 1) {
    const struct program_header *header = &object->headers[i];
    unsigned long from = object->base + header->address, to = from + header->memory_size;
    if (header->type == UNWINDING) unwinding = (void *)from;
    if (header->type != LOAD) continue;
    if (search->address >= from && search->address < to) inside = 1;
    if (from < start) start = from;
    if (to > end) end = to;
  }
  if (!inside || !unwinding) return 0;
  *search->found = (struct found){0, (void *)start, (void *)end, 0, unwinding};
  return 1;
}

int _dl_find_object(void *address, struct found *found) {
  struct search search = {(unsigned long)address, found};
  return dl_iterate_phdr(look, &search) ? 0 : -1;
}
