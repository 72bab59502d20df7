/* Amazon Linux 2023, which Lambda runs, has glibc 2.34. In 2.35 hypot was given a new symbol version, because it no longer sets
 * errno: a program that was linked with a newer glibc does not start there. Nothing else that we call is newer. So hypot is
 * defined here, by the version that every glibc has. `cargo xtask test --only lambda` checks what the programs need. */

#if defined(__x86_64__)
#define OLDEST "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define OLDEST "GLIBC_2.17"
#endif

#ifdef OLDEST
double gp_oldest_hypot(double x, double y);
__asm__(".symver gp_oldest_hypot, hypot@" OLDEST);

/* Hidden: the loader would take an exported definition for the old version as well, and it would call itself. */
__attribute__((visibility("hidden"))) double hypot(double x, double y) { return gp_oldest_hypot(x, y); }
#endif
