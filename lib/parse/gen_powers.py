#!/usr/bin/env python3
"""Prints lib/parse/powers.h: the powers of five that Eisel-Lemire multiplies with (see decimal.c).

For every q from -342 to 308, 10^q = 5^q * 2^q, and 5^q is kept as its 128 leading bits (the first
bit set):
  q >= 0     the leading 128 bits of 5^q, cut (exact up to 5^55);
  q < -27    the leading 128 bits of 1 / 5^-q, cut;
  else       the leading 128 bits of 1 / 5^-q, rounded up.
The range is all that matters to a significand of 1 to 19 digits: below it the nearest double is
zero, above it infinity.

    python3 lib/parse/gen_powers.py > lib/parse/powers.h
"""

LEAST, MOST = -342, 308


def leading_bits(q: int) -> int:
    power = 5 ** abs(q)
    if q >= 0:
        extra = power.bit_length() - 128
        return power >> extra if extra >= 0 else power << -extra
    shift = power.bit_length() + 127
    cut = (1 << shift) // power
    return cut + 1 if q >= -27 else cut


def main() -> None:
    print(
        "/* Made by gen_powers.py: do not edit. The 128 leading bits of 5^q, high half first, "
        "q from -342 to 308. */"
    )
    for q in range(LEAST, MOST + 1):
        bits = leading_bits(q)
        assert bits >> 127 == 1
        print("{0x%016xu, 0x%016xu}, /* %d */" % (bits >> 64, bits & (2**64 - 1), q))


if __name__ == "__main__":
    main()
