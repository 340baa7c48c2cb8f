# SPDX-License-Identifier: GPL-2.0-only
"""What the guard's programs for packets promise (bpf/wire.h, bpf/frame.h), as a contract; used by guard_hooks.py. Which address, port
and protocol of the packet's the decision is asked about; when it is asked; and that the answer is its answer.

clauses(name): of cordon_wire or cordon_frame.  common(dear): what they speak of, and the functions they call."""

def note(field):
    """A member of the note of the packet's socket, as it was."""
    return f"(of_slot() ? \\old(slots[slot_at(given())].note.{field}) : \\old(notes[full()].{field}))"

def noted(field):
    """The same, as it is left."""
    return f"(of_slot() ? slots[slot_at(given())].note.{field} : notes[full()].{field})"

def sent(field, when=note):
    return f"(e == 0 ? {when('sent[0].' + field)} : {when('sent[1].' + field)})"

SENT = (("current", "current"), ("class", "class"), ("key", "key"), ("high", "addr[0]"), ("low", "addr[1]"))
# what the functions are known by; as packets.test proves of them, where that is needed
PLAIN = r"""function wire_sets { assigns *w; }
function wire_decide { assigns *w; }
"""
SAME = r"""// what is asked about stays what it is
predicate same(w) = w->current == \old(w->current) && w->class == \old(w->class) && w->tunnel == \old(w->tunnel) && w->to.addr[0] == \old(w->to.addr[0]) && w->to.addr[1] == \old(w->to.addr[1]) &&
  w->to.port == \old(w->to.port) && w->to.protocol == \old(w->to.protocol) && w->to.family == \old(w->to.family) && w->to.unknown == \old(w->to.unknown);
function wire_sets { ensures same: w != 0 ==> same(w) && w->kind == \old(w->kind); assigns *w; }
function wire_decide { ensures same: w != 0 ==> same(w) && w->flags == \old(w->flags); ensures kinds: \result == 0 ==> w->kind <= 2; assigns *w; }
"""
COMMON = r"""
FUNCTIONSfunction wire_subject { assigns *sender; }
function wire_tally { assigns *acc; }
function cordon_first_bit { assigns \nothing; }
logic asked() = (struct wire *)arg(wire_sets, 0);
logic judged() = (struct wire *)arg(wire_decide, 0);
logic why() = (s32)call(wire_sets);
logic drops() = (u32)after(wire_decide, judged()->kind) == 1;
// the socket, and its note
logic full() = (struct sock *)call(sk_fullsock);
predicate of_slot() = given() != 0 && \old(slots[slot_at(given())].cookie) == given();
predicate has_note() = of_slot() || full() != 0 && \old(has(notes, full()));
""" + "".join(f"logic note_{x}() = {note(x)};\n" for x in ("version", "current", "class", "pid", "uid")) + \
      "".join(f"logic sent_{x}(e) = {sent(y)};\n" for x, y in SENT) + \
      "".join(f"logic now_{x}(e) = {sent(y, noted)};\n" for x, y in SENT) + f"logic now_version() = {noted('version')};\n" + r"""
logic entry(high, low, port) = ((u64)low ^ (u64)high * 3 ^ (u64)port) * 0x9e3779b97f4a7c15 >> 63;
predicate sent_is(e, when, high, low, port, protocol) = (note_version() & 1) == 0 && sent_current(e) == when && sent_high(e) == high && sent_low(e) == low &&
  sent_key(e) == ((u64)port | (u64)protocol << 32);
predicate sent_there(when, high, low, port, protocol) = sent_is(entry(high, low, port), when, high, low, port, protocol);
// what is left of it: with the destination that was judged
predicate sent_put(e) = now_current(e) == policy() && now_class(e) == 0 && now_key(e) == (after(wire_decide, judged()->to.port) | after(wire_decide, judged()->to.protocol) << 32) &&
  now_high(e) == after(wire_decide, judged()->to.addr[0]) && now_low(e) == after(wire_decide, judged()->to.addr[1]);
// he whom it was decided about sends there again
predicate goes_there() = called(wire_decide) && (u32)call(wire_decide) == 0 && !drops() && has_note() && note_class() != 0 && after(wire_decide, judged()->to.unknown) == 0;
// nobody whom a rule holds sends on it
predicate quiet() = note_current() == policy() && note_class() == 0;
// what a packet says: its header of IP begins at b
predicate has_ports(p) = p == 6 || p == 17 || p == 136 || p == 132 || p == 33;
predicate extends(p) = p == 0 || p == 43 || p == 44 || p == 51 || p == 60;
predicate first4(b) = packet(b, 1) == 0x45 && (packet(b + 6, 2) & 0x1fff) == 0;
logic low4(b) = 0xffff0000 | (u64)(packet(b + 16, 4) == 0 ? 0x100007f : bswap32(packet(b + 16, 4))) << 32;
logic port(b) = has_ports(packet(b + 9, 1)) ? packet(b + 22, 2) : 0;
logic packet_high6(b) = bswap64(packet(b + 24, 8));
logic packet_raw6(b) = bswap64(packet(b + 32, 8));
logic packet_low6(b) = packet_high6(b) != 0 ? packet_raw6(b) : packet_raw6(b) == 0 ? 0x100000000000000 : packet_raw6(b) == 0xffff0000 ? 0x100007fffff0000 : packet_raw6(b);
logic port6(b) = has_ports(packet(b + 6, 1)) ? packet(b + 42, 2) : 0;
predicate to_is_packet(high, low, port, protocol, family) = asked()->to.addr[0] == high && asked()->to.addr[1] == low && asked()->to.port == port &&
  asked()->to.protocol == protocol && asked()->next == protocol && asked()->to.family == family && asked()->to.type == 0;
// a segment of TCP at o that has no data and opens nothing; one that opens
predicate segment_opens(o) = (packet(o + 13, 1) & 0x12) == 2;
predicate answers(o) = !segment_opens(o) && ctx.len <= o + (packet(o + 12, 1) >> 4) * 4;
"""

def common(dear):
    return COMMON.replace("FUNCTIONS", SAME if dear else PLAIN)

def address(v4, v6, b, room):
    """What is read of a packet that begins at b, where it is an IPv4 or IPv6 one."""
    length = f"(packet({b} + 41, 1) + 1) * 8"
    length = f"(packet({b} + 6, 1) == 44 ? 8 : packet({b} + 6, 1) == 51 ? (packet({b} + 41, 1) + 2) * 4 : {length})"
    eight = f"(packet({b} + 6, 1) == 44 || packet({b} + 6, 1) != 51 && packet({b} + 41, 1) == 0 || packet({b} + 6, 1) == 51 && packet({b} + 41, 1) == 0)"
    return (("four", f"{v4} && packet_len >= {b + 40} ==> to_is_packet(0, low4({b}), port({b}), packet({b + 9}, 1), 2)"),
            ("first", f"{v4} && packet_len >= {b + 40} ==> asked()->to.unknown == (first4({b}) ? 0 : 1)"),
            ("six", f"{v6} && packet_len >= {b + 60} && !extends(packet({b + 6}, 1)) ==> to_is_packet(packet_high6({b}), packet_low6({b}), port6({b}), packet({b + 6}, 1), 10) && asked()->to.unknown == 0"),
            ("where", f"{v6} && packet_len >= {b + 48} && extends(packet({b + 6}, 1)) && !extends(packet({b + 40}, 1)) ==> asked()->at == {b + 40} + {length} && asked()->to.addr[0] == packet_high6({b}) && asked()->to.addr[1] == packet_low6({b}) && "
             f"asked()->to.protocol == packet({b + 40}, 1) && asked()->next == packet({b + 40}, 1)"),
            ("routed", f"{v6} && packet_len >= {b + 48} && packet({b + 6}, 1) == 43 && packet({b + 43}, 1) != 0 ==> asked()->to.unknown == 1"),
            ("piece", f"{v6} && packet_len >= {b + 48} && packet({b + 6}, 1) == 44 && (packet({b + 42}, 2) & 0xfff8) != 0 ==> asked()->to.unknown == 1"),
            ("known", f"{v6} && packet_len >= {b + 68} && extends(packet({b + 6}, 1)) && !extends(packet({b + 40}, 1)) && {eight} && (packet({b + 6}, 1) != 43 || packet({b + 43}, 1) == 0) && "
             f"(packet({b + 6}, 1) != 44 || (packet({b + 42}, 2) & 0xfff8) == 0) ==> asked()->to.unknown == 0"),
            ("missing", "failed(skb_load_bytes) ==> asked()->to.unknown == 1"),
            ("many", f"times(skb_load_bytes) <= {room} && (extends(asked()->next) && asked()->to.family == 10 ==> asked()->to.unknown == 1)"))

V4, V6 = "ctx.protocol == 8", "ctx.protocol == 0xdd86"
# by the answer of the look-up, and of the decision
UNASKED = r"""  ensures unasked: !called(wire_sets) ==> \result == PASS && !called(wire_decide);
"""
ANSWER = UNASKED + r"""  at wire_decide ensures after_sets: called(wire_sets) && why() == 0 && judged() == asked();
  at wire_sets ensures policy: policy() != 0 && asked()->current == policy();
  ensures times: times(wire_sets) <= 1 && times(wire_decide) <= 1;
"""
# when something is told, and what
TOLD = r"""  ensures one: emitted(events) == (called(ringbuf_reserve) && call(ringbuf_reserve) != 0 ? 1 : 0);
  ensures refusal: called(wire_sets) && \result == DROP && has(counters, 0) ==> called(ringbuf_reserve);
  ensures silent: !called(wire_decide) && \result == PASS ==> !called(ringbuf_reserve);
  ensures told: called(ringbuf_reserve) ==> called(wire_sets) && (\result == DROP || (u32)after(wire_decide, judged()->kind) == 2);
  ensures kind: emitted(events) == 1 ==> record(events, 4, 1) == (\result == DROP ? 1 : 2) && record(events, 5, 1) == 4 && record(events, 40, 8) == policy() >> 1;
  ensures flags: emitted(events) == 1 ==> record(events, 7, 1) == ((u8)after(wire_sets, asked()->flags) | 0x40);
  ensures cause: emitted(events) == 1 && called(wire_decide) && call(wire_decide) == 0 ==>
    record(events, 6, 1) == (u8)after(wire_decide, judged()->reason) && record(events, 12, 4) == (u32)after(wire_decide, judged()->rule);
  ensures fault: emitted(events) == 1 && !(called(wire_decide) && call(wire_decide) == 0) ==> record(events, 12, 4) == 0xffffffff &&
    record(events, 6, 1) == (u8)(why() != 0 ? why() : called(wire_decide) ? call(wire_decide) : 7);
  ensures object: emitted(events) == 1 ==> record(events, 128, 8) == after(wire_sets, asked()->to.addr[0]) && record(events, 136, 8) == after(wire_sets, asked()->to.addr[1]) &&
    record(events, 144, 4) == (u32)after(wire_sets, asked()->to.port) && record(events, 124, 2) == (u16)after(wire_sets, asked()->to.protocol) && record(events, 120, 2) == (u16)after(wire_sets, asked()->to.family);
  at ringbuf_submit ensures woken: (u32)arg(ringbuf_submit, 1) == 0;
  ensures login: emitted(events) == 1 ==> record(events, 80, 8) == 0xffffffffffffffff;
"""
# said where z3 alone is asked
DEAR = r"""  ensures no_sets: called(wire_sets) && why() != 0 ==> !called(wire_decide) && \result == (why() == -1 ? PASS : DROP);
  ensures decided: called(wire_decide) ==> \result == ((u32)call(wire_decide) != 0 || drops() ? DROP : PASS);
"""

# whom it is decided about; and what is noted then
WHOSE = r"""  at wire_decide ensures nobodys: !has_note() ==> judged()->class == 0;
  at wire_decide ensures whole: has_note() ==> (note_version() & 1) == 0;
"""
NOTED = r"""  at wire_decide ensures class: has_note() ==> judged()->class == note_class();
  ensures sender: emitted(events) == 1 && has_note() && note_current() != 0 ==> record(events, 56, 4) == note_pid() >> 32 && record(events, 60, 4) == (u32)note_pid() &&
    record(events, 68, 4) == note_uid() && record(events, 72, 4) == note_uid();
  ensures nobody: emitted(events) == 1 && !(has_note() && note_current() != 0) ==> record(events, 56, 8) == 0 && record(events, 68, 8) == 0 && record(events, 88, 8) == 0 && record(events, 96, 8) == 0;
  ensures noted: goes_there() && note_version() != 0xfffffffffffffffe ==> sent_put(0) || sent_put(1);
  ensures taken: goes_there() && note_version() != 0xfffffffffffffffe ==> now_version() == note_version() + 2;
  ensures untaken: has_note() && !goes_there() ==> now_version() == note_version();
"""

def wire(dear):
    text = ANSWER + (TOLD + DEAR + WHOSE if dear else "")
    if dear:
        text += "  at wire_decide ensures when: has_note() ==> note_current() == 0 || note_current() == policy() && note_class() != 0;\n"
    unless = "policy() != 0 && ctx.sk != 0 && !(has_note() && quiet())"
    if dear: # with options, or a piece: no head of TCP is where it would be
        text += f"  ensures odd: {V4} && packet_len >= 40 && !first4(0) ==> (called(wire_sets) <==> {unless});\n"
    text += f"  ensures other: ctx.protocol != 8 && ctx.protocol != 0xdd86 && packet_len >= 40 && !first4(0) ==> (called(wire_sets) <==> {unless});\n"
    text += "".join(f"  at wire_sets ensures {label}: {what};\n" for label, what in address(V4, V6, 0, 10) if dear or label not in ("missing", "many"))
    return text.replace("PASS", "1").replace("DROP", "0")

def frame(dear):
    if not dear:
        return ""
    text = ANSWER.replace(UNASKED, "") + TOLD + DEAR + WHOSE + NOTED
    text += "  at wire_decide ensures when: has_note() ==> note_current() == policy() && note_class() != 0 && (note_pid() >> 32 == (u32)\\task->tgid || note_pid() >> 32 == 0);\n"
    pulled = "called(skb_pull_data) && call(skb_pull_data) == 0"
    tagged = "(packet(12, 2) == 0x8100 || packet(12, 2) == 0x88a8)"
    text += f"  at wire_sets ensures tunnel: asked()->tunnel != 0 && {pulled} && ctx.protocol != 8 && ctx.protocol != 0xdd86 ==> asked()->to.unknown == 1 && asked()->to.family == 17;\n"
    text += "  at wire_decide ensures kernels: judged()->tunnel != 0 ==> judged()->class == 0 && !called(sk_fullsock);\n"
    text += "  at wire_sets ensures behind: asked()->tunnel == 2 ==> asked()->next == 115 || extends(asked()->next);\n"
    text += "  at wire_sets ensures whose: asked()->tunnel == 2 && ctx.sk != 0 ==> ((struct bpf_sock *)ctx.sk)->family != 17;\n"
    pulled_both, pulled = pulled, "asked()->tunnel == 0 && " + pulled
    text += f"  at wire_sets ensures unread: !({pulled_both}) ==> asked()->to.unknown == 1 && asked()->to.family == 17;\n"
    text += f"  at wire_sets ensures type: {pulled} && packet_len >= 14 && !{tagged} && packet(12, 2) != 0x800 && packet(12, 2) != 0x86dd ==> asked()->to.unknown == 1 && asked()->to.family == 17;\n"
    for b, given in ((14, pulled), (18, f"{pulled} && {tagged}")):
        v4, v6 = (f"{given} && packet({b - 2}, 2) == {x}" for x in ("0x800", "0x86dd"))
        text += "".join(f"  at wire_sets ensures {label}{b}: {what};\n" for label, what in address(v4, v6, b, 0) if label in ("four", "first", "six", "routed", "piece"))
    return text.replace("PASS", "-1").replace("DROP", "2")

def clauses(name, dear):
    return wire(dear) if name == "cordon_wire" else frame(dear)
