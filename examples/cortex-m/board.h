/* What a program without a C library needs here: its beginning, text output, and its end. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* Prints text by semihosting. */
void say(const char *text);

/* Prints a whole number. */
void say_number(uint32_t number);

/* The program itself; startup.c calls it once memory is ready, and ends with the exit code that it returns. */
int main(void);

#endif
