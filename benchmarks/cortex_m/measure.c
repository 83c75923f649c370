/* Says how many golden vectors a model answers otherwise, its deepest stack, and its instructions. */
#include "board.h"
#include "tiny_golden.h"

extern uint32_t stack_bottom, stack_top;

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

static void report(const char *name, uint32_t value)
{
    say(name);
    say_number(value);
    say("\n");
}

int main(void)
{
    static __typeof__(tiny_golden_logits[0][0] + 0) logits[TINY_CLASSES];
    static uint32_t buffer[(TINY_BUFFER_BYTES + 3) / 4];
    uint32_t *p, start;
    int wrong;
    for (p = &stack_bottom; p < (uint32_t *)__builtin_frame_address(0) - 16;) *p++ = 0xdeadbeef;
    wrong = tiny_check((void *)buffer);
    for (p = &stack_bottom; *p == 0xdeadbeef;) p++;
    report("images ", TINY_GOLDEN);
    report("wrong ", (uint32_t)wrong);
    report("stack ", (uint32_t)((char *)&stack_top - (char *)p));
    report("buffer ", TINY_BUFFER_BYTES);
    TIMER[1] = 0xFFFFFFu;
    TIMER[2] = 0;
    TIMER[0] = 5; /* on, by the processor's clock */
    start = TIMER[2];
    three_million_instructions();
    report("calibration ", ticks_since(start));
    start = TIMER[2];
    tiny_classify(tiny_golden_images[0], logits, (void *)buffer);
    report("ticks ", ticks_since(start));
    return wrong != 0;
}
