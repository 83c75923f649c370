/* A Cortex-M without a C library: vectors, memory, and what it says through semihosting. */
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

/* The system timer counts down; emulated with -icount, it goes with the instructions. */
#define TIMER ((volatile uint32_t *)0xE000E010u)

static uint32_t ticks_since(uint32_t start)
{
    return (start - TIMER[2]) & 0xFFFFFFu;
}

static void three_million_instructions(void)
{
    __asm__ volatile("ldr r0, =1000000\n1: subs r0, #1\n nop\n bne 1b" ::: "r0", "cc");
}

void reset(void)
{
    static uint8_t buffer_of_bytes[TINY_BUFFER_BYTES] __attribute__((aligned(4)));
    uint32_t *p, *q = &data_source;
    uint32_t start, ticks;
    __typeof__(tiny_golden_logits[0][0] + 0) logits[TINY_CLASSES];
    int wrong;
    for (p = &data_begin; p < &data_end;) *p++ = *q++;
    for (p = &bss_begin; p < &bss_end;) *p++ = 0;
    for (p = &stack_bottom; p < (uint32_t *)__builtin_frame_address(0) - 16;) *p++ = 0xdeadbeef;
    wrong = tiny_check();
    for (p = &stack_bottom; *p == 0xdeadbeef;) p++;
    TIMER[1] = 0xFFFFFFu;
    TIMER[2] = 0;
    TIMER[0] = 5; /* on, by the processor's clock */
    start = TIMER[2];
    three_million_instructions();
    ticks = ticks_since(start);
    say_number("calibration ", ticks);
    start = TIMER[2];
    tiny_classify(tiny_golden_images[0], logits, (void *)buffer_of_bytes);
    ticks = ticks_since(start);
    say_number("ticks ", ticks);
    say_number("buffer ", TINY_BUFFER_BYTES);
    say_number("images ", TINY_GOLDEN);
    say_number("wrong ", (uint32_t)wrong);
    say_number("stack ", (uint32_t)((char *)&stack_top - (char *)p));
    end(wrong != 0);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, (void *)reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault, (void *)fault,
};
