/* A Cortex-M3 without a C library: vectors, memory, and what it says through semihosting. */
#include "tiny_golden.h"

#include <stddef.h>

extern uint32_t stack_top, stack_bottom, data_source, data_begin, data_end, bss_begin, bss_end;

void *memset(void *to, int value, size_t n)
{
    unsigned char *p = to;
    while (n--) *p++ = (unsigned char)value;
    return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
    unsigned char *p = to;
    const unsigned char *q = from;
    while (n--) *p++ = *q++;
    return to;
}

static int semihosting(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void say_number(const char *what, uint32_t value)
{
    char digits[12];
    int at = 11;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    semihosting(4, what); /* SYS_WRITE0 */
    semihosting(4, digits + at);
    semihosting(4, "\n");
}

static void end(int failed)
{
    semihosting(0x18, (const void *)(failed ? 0x20023u : 0x20026u)); /* SYS_EXIT */
    for (;;) {
    }
}

static void fault(void)
{
    semihosting(4, "fault\n");
    end(1);
}

void reset(void)
{
    uint32_t *p, *q = &data_source;
    int wrong;
    for (p = &data_begin; p < &data_end;) *p++ = *q++;
    for (p = &bss_begin; p < &bss_end;) *p++ = 0;
    for (p = &stack_bottom; p < (uint32_t *)__builtin_frame_address(0) - 16;) *p++ = 0xdeadbeef;
    wrong = tiny_check();
    for (p = &stack_bottom; *p == 0xdeadbeef;) p++;
    say_number("images ", TINY_GOLDEN);
    say_number("wrong ", (uint32_t)wrong);
    say_number("stack ", (uint32_t)((char *)&stack_top - (char *)p));
    end(wrong != 0);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, (void *)reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault, (void *)fault,
};
