/* Vectors, memory and semihosting of a bare Cortex-M. */
#include "board.h"

#include <stddef.h>

extern uint32_t stack_top, data_source, data_begin, data_end, bss_begin, bss_end;

/* Compilers call these two by themselves. */
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

void say(const char *text)
{
    semihosting(4, text); /* SYS_WRITE0 */
}

void say_number(uint32_t number)
{
    char digits[12];
    int at = 11;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    say(digits + at);
}

static void end(int failed)
{
    semihosting(0x18, (const void *)(failed ? 0x20023u : 0x20026u)); /* SYS_EXIT */
    for (;;) {
    }
}

static void fault(void)
{
    say("fault\n");
    end(1);
}

void reset(void)
{
    uint32_t *p, *q = &data_source;
    for (p = &data_begin; p < &data_end;) *p++ = *q++;
    for (p = &bss_begin; p < &bss_end;) *p++ = 0;
    end(main());
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, (void *)reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault, (void *)fault,
};
