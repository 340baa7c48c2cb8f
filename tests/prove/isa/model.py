#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes arith.data: arithmetic and jumps over edge values, with the results that RFC 9669's text gives.

An independent model on Python's unbounded integers, written from the RFC and sharing nothing with the C code.
Usage: model.py > arith.data
"""
M = {32: (1 << 32) - 1, 64: (1 << 64) - 1}


def s(v, w):
    v &= M[w] if w in M else (1 << w) - 1
    return v - (1 << w) if v >> (w - 1) else v


def tdiv(a, b):  # towards zero
    q = abs(a) // abs(b)
    return q if (a < 0) == (b < 0) else -q


def alu(op, w, a, b):
    """a, b: 64-bit register values; gives the 64-bit destination (RFC 9669, 4.1)."""
    x, y = a & M[w], b & M[w]
    sx, sy = s(a, w), s(b, w)
    k = y & (w - 1)
    r = {
        'add': lambda: x + y, 'sub': lambda: x - y, 'mul': lambda: x * y,
        'div': lambda: x // y if y else 0,
        'sdiv': lambda: tdiv(sx, sy) if sy else 0,
        'mod': lambda: x % y if y else x,
        'smod': lambda: sx - sy * tdiv(sx, sy) if sy else x,
        'or': lambda: x | y, 'and': lambda: x & y, 'xor': lambda: x ^ y,
        'lsh': lambda: x << k, 'rsh': lambda: x >> k, 'arsh': lambda: sx >> k,
        'mov': lambda: y, 'neg': lambda: -x,
    }[op]()
    return r & M[w]


SIGN = {'add': '+=', 'sub': '-=', 'mul': '*=', 'div': '/=', 'sdiv': 's/=', 'mod': '%=', 'smod': 's%=', 'or': '|=',
        'and': '&=', 'xor': '^=', 'lsh': '<<=', 'rsh': '>>=', 'arsh': 's>>=', 'mov': '='}
PAIRS = [(0x123456789abcdef0, 7), (0xffffffffffffffff, 0xffffffffffffffff), (0x8000000000000000, 0xffffffffffffffff),
         (0x80000000, 0xffffffff), (0x7fffffffffffffff, 2), (5, 0), (0xfffffffffffffff6, 3), (0xfffffff6, 0xfffffffd),
         (0x1122334455667788, 65), (0xdeadbeefcafebabe, 0x8000000000000021)]

print('# SPDX-License-Identifier: GPL-2.0-only')
print('# Written by model.py: do not edit.')
for op, sign in SIGN.items():
    for w in (32, 64):
        r = 'w' if w == 32 else 'r'
        for a, b in PAIRS:
            print(f'{op}{w} reg: r0 = {a:#x} ll; r3 = {b:#x} ll; {r}0 {sign} {r}3; exit => {alu(op, w, a, b):#x}')
        for a, imm in ((0xdeadbeefcafebabe, 13), (0x8000000000000000, -1), (0x80000000, -1), (77, 0), (77, -2147483648)):
            b = imm & M[64]  # immediates are sign extended to 64 bits
            print(f'{op}{w} imm: r0 = {a:#x} ll; {r}0 {sign} {imm}; exit => {alu(op, w, a, b):#x}')
for w in (32, 64):
    r = 'w' if w == 32 else 'r'
    for a in (0, 1, 0x80000000, 0x8000000000000000, 0x123456789abcdef0):
        print(f'neg{w}: r0 = {a:#x} ll; {r}0 = -{r}0; exit => {alu("neg", w, a, 0):#x}')
for w, n in ((32, 8), (32, 16), (64, 8), (64, 16), (64, 32)):
    r = 'w' if w == 32 else 'r'
    for a in (0x7f, 0x80, 0x7fff, 0x8000, 0x7fffffff, 0x80000000, 0x1122334455667788, 0xffffffffffffff00):
        print(f'movsx{w} {n}: r3 = {a:#x} ll; r0 = -1; {r}0 = (s{n}){r}3; exit => {s(a & ((1 << n) - 1), n) & M[w]:#x}')
for n in (16, 32, 64):
    for a in (0x1122334455667788, 0xff00, 0x8000000000000001):
        low = a & ((1 << n) - 1)
        swapped = int.from_bytes(low.to_bytes(n // 8, 'little'), 'big')
        for name, v in (('le', low), ('be', swapped), ('bswap', swapped)):
            print(f'{name}{n}: r0 = {a:#x} ll; r0 = {name}{n} r0; exit => {v:#x}')
COND = {'jeq': ('==', lambda a, b, w: a == b), 'jne': ('!=', lambda a, b, w: a != b),
        'jgt': ('>', lambda a, b, w: a > b), 'jge': ('>=', lambda a, b, w: a >= b),
        'jlt': ('<', lambda a, b, w: a < b), 'jle': ('<=', lambda a, b, w: a <= b),
        'jset': ('&', lambda a, b, w: a & b != 0),
        'jsgt': ('s>', lambda a, b, w: s(a, w) > s(b, w)), 'jsge': ('s>=', lambda a, b, w: s(a, w) >= s(b, w)),
        'jslt': ('s<', lambda a, b, w: s(a, w) < s(b, w)), 'jsle': ('s<=', lambda a, b, w: s(a, w) <= s(b, w))}
for op, (sign, f) in COND.items():
    for w in (32, 64):
        r = 'w' if w == 32 else 'r'
        for a, b in ((1, 1), (1, 2), (0xffffffffffffffff, 1), (1, 0xffffffffffffffff), (0x80000000, 0x7fffffff),
                     (0x100000001, 1), (0x8000000000000000, 0x7fffffffffffffff)):
            t = f(a & M[w], b & M[w], w)
            print(f'{op}{w} reg: r1 = {a:#x} ll; r2 = {b:#x} ll; r0 = 9; if {r}1 {sign} {r}2 goto out; r0 = 4; out: exit '
                  f'=> {9 if t else 4:#x}')
        for a, imm in ((5, 5), (5, -5), (0xfffffffffffffffb, -5), (0xfffffffb, -5), (0x100000005, 5)):
            t = f(a & M[w], imm & M[w], w)
            print(f'{op}{w} imm: r1 = {a:#x} ll; r0 = 9; if {r}1 {sign} {imm} goto out; r0 = 4; out: exit '
                  f'=> {9 if t else 4:#x}')
