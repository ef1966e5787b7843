#!/usr/bin/env python3
"""Prints tools/shortest_powers.h: for e from -292 to 324 the 128 leading bits of 10^e, rounded up
(see shortest.c).

    python3 tools/gen_shortest_powers.py > tools/shortest_powers.h

Before it prints, it checks the fixed-point logarithms of shortest.c over the whole range they are
used in.
"""

LEAST, MOST = -292, 324


def floor_log2(numerator: int, denominator: int) -> int:
    guess = numerator.bit_length() - denominator.bit_length()
    fits = numerator >= denominator << guess if guess >= 0 else numerator << -guess >= denominator
    return guess if fits else guess - 1


def floor_log10(numerator: int, denominator: int) -> int:
    guess = len(str(numerator)) - len(str(denominator))
    fits = (
        numerator >= denominator * 10**guess
        if guess >= 0
        else numerator * 10**-guess >= denominator
    )
    return guess if fits else guess - 1


def power(base: int, exponent: int) -> tuple[int, int]:
    return (base**exponent, 1) if exponent >= 0 else (1, base**-exponent)


def leading_bits(e: int) -> int:
    numerator, denominator = power(10, e)
    shift = 127 - floor_log2(numerator, denominator)
    if shift >= 0:
        numerator <<= shift
    else:
        denominator <<= -shift
    return -(-numerator // denominator)


def check_logarithms() -> None:
    for e in range(LEAST, MOST + 1):
        assert (e * 1741647) >> 19 == floor_log2(*power(10, e)), e
    for q in range(-1074, 972):
        numerator, denominator = power(2, q)
        assert (q * 1262611) >> 22 == floor_log10(numerator, denominator), q
        assert (q * 1262611 - 524031) >> 22 == floor_log10(3 * numerator, 4 * denominator), q


def main() -> None:
    check_logarithms()
    print(
        "/* Made by gen_shortest_powers.py: do not edit. The 128 leading bits of 10^e, high half "
        "first, e\n * from -292 to 324. */"
    )
    for e in range(LEAST, MOST + 1):
        bits = leading_bits(e)
        assert bits >> 127 == 1
        print("{0x%016xu, 0x%016xu}, /* %d */" % (bits >> 64, bits & (2**64 - 1), e))


if __name__ == "__main__":
    main()
