"""tools/shortest.h writes doubles exactly as Python's repr does.

Floats have numpy's shortest digits in the same spelling.
"""

import random
import struct
import subprocess

import pytest
from built import BUILD

PROGRAM = BUILD / "tests" / "test_tool_shortest"


def printed(lines: list[str]) -> list[str]:
    result = subprocess.run(
        [str(PROGRAM), "--bits"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.split()


def from_bits(bits: int) -> float:
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def to_bits(number: float) -> int:
    return struct.unpack("<Q", struct.pack("<d", number))[0]


def expect_repr(patterns: list[int]) -> None:
    texts = printed([f"{bits:016x}" for bits in patterns])
    assert len(texts) == len(patterns)
    wrong = [
        (f"{bits:016x}", text, repr(from_bits(bits)))
        for bits, text in zip(patterns, texts)
        if text != repr(from_bits(bits))
    ]
    assert wrong == []


@pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
class TestRepr:
    def test_a_million_random_patterns(self) -> None:
        source = random.Random(20240229)
        expect_repr([source.getrandbits(64) for _ in range(1_000_000)])

    def test_around_powers_of_two(self) -> None:
        expect_repr(
            [max(0, (exponent << 52) + step) for exponent in range(2048) for step in range(-4, 5)]
        )

    def test_around_powers_of_ten(self) -> None:
        numbers = [
            float(f"{digit}e{power}") for power in range(-322, 308) for digit in range(1, 10)
        ]
        expect_repr([to_bits(number) + step for number in numbers for step in (-1, 0, 1)])

    def test_denormals(self) -> None:
        source = random.Random(7)
        expect_repr(
            [*range(3000), *(source.getrandbits(source.randint(1, 52)) for _ in range(50_000))]
        )

    def test_decimals_and_whole_numbers(self) -> None:
        source = random.Random(11)
        decimals = [
            source.randrange(10**digits) / 10 ** source.randrange(14)
            for digits in range(1, 19)
            for _ in range(5000)
        ]
        expect_repr([to_bits(number) for number in decimals])

    def test_floats(self) -> None:
        numpy = pytest.importorskip("numpy")
        source = random.Random(13)
        patterns = [source.getrandbits(32) for _ in range(200_000)] + [
            (e << 23) + step for e in range(1, 255) for step in (-1, 0, 1)
        ]
        patterns = [bits for bits in patterns if bits >> 23 & 0xFF != 0xFF]
        texts = printed([f"{bits:08x}" for bits in patterns])
        numbers = numpy.array(patterns, dtype=numpy.uint32).view(numpy.float32)
        for number, text in zip(numbers, texts):
            # The digits are numpy's. Whether there is an exponent is as in the repr of the double
            # of these digits.
            assert text == repr(float(numpy.format_float_scientific(number, unique=True)))

    def test_every_half(self) -> None:
        numpy = pytest.importorskip("numpy")
        patterns = [bits for bits in range(1 << 16) if bits >> 10 & 0x1F != 0x1F]
        texts = printed([f"{bits:04x}" for bits in patterns])
        numbers = numpy.array(patterns, dtype=numpy.uint16).view(numpy.float16)
        for number, text in zip(numbers, texts):
            assert text == repr(float(numpy.format_float_scientific(number, unique=True)))
            assert numpy.float16(text).tobytes() == number.tobytes()
