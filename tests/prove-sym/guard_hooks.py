# SPDX-License-Identifier: GPL-2.0-only
"""What the guard's hooks promise, as a contract (docs/contracts.md): whether a hook asks the core, what it asks about, and what it
makes of the answer. Used by guard.test, which proves it for every kernel, and guard-mutants.test, which counts what it notices.

follows(prove, obj): does bpfprove know the running task, and its storage behind the loop that asks for it again? Without, no
                     clause speaks of what stands in it.
contract(names, btf, follows): the text for these programs of the object on that kernel.
"""
import os, re, subprocess, tempfile
import guard_packets

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ABI = dict(re.findall(r"(CORDON_\w+) = (\d+)", open(os.path.join(root, "include/cordon/abi.h")).read()))
ASK = {"ASK_MOVE": "16", "ASK_MAP": "15", "ASK_NOTE": "17"} # bpf/ask.h

# hooks that keep identities and ask nobody
IDENTITY = {"cordon_inode_link", "cordon_inode_unlink", "cordon_d_move", "cordon_task_alloc", "cordon_bprm_check_security",
            "cordon_bprm_committed_creds", "cordon_task_fix_setuid", "cordon_task_fix_setgid", "cordon_task_fix_setgroups"}
# asks, and cannot refuse: the hook has no answer
VOID = {"cordon_sock_graft"}
# judges packets by itself, asks nobody
PACKETS = {"cordon_wire", "cordon_frame"}

COMMON = r"""modular;
function cordon_ask { replaced by cordon_core; }
// unrolled, what is looked up in the tables of decisions would be all that the ten operations before had put there
loop file_op_step { invariant 1 == 1; }
// the same of the programs of a line, each of which is looked up
loop kin_step { invariant 1 == 1; }
loop class_line_step { invariant 1 == 1; }
// for the kernel's verifier alone
function destination_merge { assigns \nothing; }
function wire_merge { assigns \nothing; }
// what an open asks for: 0, 1, 2 are O_RDONLY, O_WRONLY, O_RDWR
logic opening(flags) = (u32)((flags & 0x20) != 0 ? 8 : (flags & 3) == 3 || (flags & 3) == 2 ? 3 :
  ((flags & 3) == 0 ? 1 : (flags & 02000) == 0 ? 2 : 4) | ((flags & 01000) != 0 ? 2 : 0));
function file_open_ops { ensures ops: (u32)\result == opening(flags); assigns \nothing; }

// the policy in force
logic policy() = \old(cordon_state.current);
predicate refused() = called(cordon_ask) && call(cordon_ask) != 0;
predicate question(op, number) = arg(cordon_ask, 0) == policy() && (u32)arg(cordon_ask, 1) == op && (u32)arg(cordon_ask, 2) == number;
// of two questions the second is put when the first was permitted, unless the policy is gone by then
predicate then_asks(op) = (u32)arg(cordon_ask, 1) == op || after(cordon_ask, cordon_state.current) == 0;
predicate local(sk) = sk->__sk_common.skc_family == 1 || sk->__sk_common.skc_family == 16 || sk->__sk_common.skc_family == 38;
// storage that cannot be made at once is asked for again (bpf/maps.h, STORAGE_OF_TASK)
predicate many_tries() = (u32)arg(loop, 0) == 1024 && arg(loop, 3) == 0;
// what a read of kernel memory gave that may fail
logic got(v) = call(probe_read_kernel) == 0 ? v : 0;
// the slot of the socket with this cookie, and whether its note is there (bpf/note.h)
logic cookie(sk) = (u64)sk->__sk_common.skc_cookie.counter;
logic slot_at(c) = (u32)((u64)c ^ ((u64)c >> 12) << 5 ^ ((u64)c >> 12) << 9) & 4095;
predicate in_slot(sk) = cookie(sk) != 0 && \old(slots[slot_at(cookie(sk))].cookie) == cookie(sk);
logic given() = (u64)call(get_socket_cookie);
predicate taken() = called(get_socket_cookie) && given() != 0 && slots[slot_at(given())].cookie == given();
// whose it was, for the kernel gives no cookie twice; of that socket, what its memory says
logic was() = \old(slots[slot_at(given())].cookie);
predicate fresh() = called(get_socket_cookie) ==> given() != 0xffffffffffffffff && was() != given();
logic owner() = (struct sock *)\old(slots[slot_at(given())].sk);
predicate left() = was() == 0 || was() != 0xffffffffffffffff && (owner()->__sk_common.skc_cookie.counter != was() || owner()->sk_wmem_alloc.refs.counter == 0);
// ... or with the socket: not before it has a cookie
predicate in_store(sk) = cookie(sk) != 0 && \old(has(notes, sk));
// no room was there for it, or for one near it
predicate lost(sk) = sk != 0 && !local(sk) && !in_slot(sk) && !in_store(sk) && cookie(sk) != 0 && cookie(sk) >= \old(notes_lost_first) &&
  cookie(sk) <= \old(notes_lost_last) && \old(cordon_state.no_accept) != policy();
// how the range of these is left
predicate lost_same() = notes_lost_first == \old(notes_lost_first) && notes_lost_last == \old(notes_lost_last);
predicate lost_with(c) = notes_lost_first == (\old(notes_lost_first) == 0 || c < \old(notes_lost_first) ? c : \old(notes_lost_first)) &&
  notes_lost_last == (c > \old(notes_lost_last) ? c : \old(notes_lost_last));
// what is noted of a connection behind the core's answer
predicate answered(accepted, left) = accepted == (refused() ? left : policy());
"""
FOLLOWED = r"""
// the task's subject, and in it what is asked about
logic mine() = tasks[\task];
logic asked_about() = tasks[\task].request;
predicate own_storage() = arg(task_storage_get, 1) == \task && arg(task_storage_get, 3) <= 1;
predicate tried() = (has(tasks, \task) || called(loop));

predicate no_file() = asked_about().dentry == 0 && asked_about().mount == 0 && asked_about().inode == 0 && asked_about().ops == 0;
predicate no_place() = asked_about().known == 0 && asked_about().placed == 0 && asked_about().place.file == 0 &&
  asked_about().place.prog == 0 && asked_about().place.session == 0 && asked_about().place.foreign == 0;
predicate no_move() = asked_about().to_dentry == 0 && asked_about().to_mount == 0 && asked_about().move == 0;
predicate no_name() = asked_about().abstract == 0 && asked_about().abstract_len == 0;
predicate no_destination() = asked_about().to.addr[0] == 0 && asked_about().to.addr[1] == 0 && asked_about().to.port == 0 &&
  asked_about().to.protocol == 0 && asked_about().to.family == 0 && asked_about().to.type == 0 && asked_about().to.unknown == 0;
predicate no_number() = asked_about().why == 0;
// what a hook of names below finds: a name that was asked about, and for which operation; of a move both names (bpf/under.h)
predicate of_names(from, to) = asked_about().named == from && asked_about().named_to == to;
logic note_of_name(d, op) = (u64)d->d_name.hash << 32 | op;
predicate of_name(op, d, m, noted) = has(tasks, \task) ==>
  asked_about().dentry == d && asked_about().mount == m && asked_about().inode == 0 && asked_about().ops == 1 << op &&
  no_place() && no_move() && no_name() && no_destination() && no_number() && of_names(noted != 0 ? d : 0, noted);
predicate of_place(op, d, m) = of_name(op, d, m, 0);
predicate of_content(op, d, m) = has(tasks, \task) ==>
  asked_about().dentry == d && asked_about().mount == m && asked_about().ops == 1 << op && (seen() ==> asked_about().inode == d->d_inode) &&
  no_place() && no_move() && no_name() && no_destination() && no_number() && of_names(0, 0);
predicate of_move(d, m, to, to_m, how) = has(tasks, \task) ==>
  asked_about().dentry == d && asked_about().mount == m && asked_about().inode == 0 && asked_about().ops == 0 &&
  asked_about().to_dentry == to && asked_about().to_mount == to_m && asked_about().move == how &&
  no_place() && no_name() && no_destination() && no_number() && of_names(d, to);

// no read of kernel memory failed
predicate seen() = !failed(probe_read_kernel);
predicate no_object() = no_file() && no_place() && no_move() && no_name() && no_number() && of_names(0, 0);
predicate to_is(high, low, port) = asked_about().to.addr[0] == high && asked_about().to.addr[1] == low && asked_about().to.port == port;
predicate socket_is(protocol, family, type) = asked_about().to.protocol == protocol && asked_about().to.family == family && asked_about().to.type == type;
predicate of_socket(protocol, family, type, unknown) = has(tasks, \task) ==>
  no_object() && to_is(0, 0, 0) && socket_is(protocol, family, type) && asked_about().to.unknown == unknown;
// an address that a program gives, to bind to
predicate is_vsock(address, len) = (u32)len >= 16 && kernel(address, 2) == 40;
predicate bound_vsock(address, len) = asked_about().to.protocol == 0xff28 && asked_about().to.unknown == (is_vsock(address, len) ? 0 : 1) &&
  (is_vsock(address, len) ? to_is(0x6b636f737600fe, bswap32(kernel(address + 8, 4)) << 32, kernel(address + 4, 4)) : to_is(0, 0, 0));
predicate is_ip6(address, len) = (u32)len >= 8 && kernel(address, 2) == 10;
predicate bound_ip(address, len) = (u32)len < 8 ? to_is(0, 0xffff0000, 0) && asked_about().to.unknown == 1 :
  is_ip6(address, len) ? asked_about().to.unknown == ((u32)len < 24 ? 1 : 0) &&
    ((u32)len < 24 ? to_is(0, 0, bswap16(kernel(address + 2, 2))) : to_is(kernel(address + 8, 8), kernel(address + 16, 8), bswap16(kernel(address + 2, 2)))) :
  to_is(0, 0xffff0000 | kernel(address + 4, 4) << 32, bswap16(kernel(address + 2, 2))) &&
    asked_about().to.unknown == (kernel(address, 2) == 2 || kernel(address, 2) == 0 ? 0 : 1);
predicate of_bound(sk, address, len) = has(tasks, \task) ==> no_object() && (!seen() ==> asked_about().to.unknown == 1) &&
  asked_about().to.family == sk->__sk_common.skc_family && asked_about().to.type == sk->sk_type &&
  (seen() ==> (sk->__sk_common.skc_family == 40 ? bound_vsock(address, len) : asked_about().to.protocol == sk->sk_protocol && bound_ip(address, len)));
// a connection that came in, and is to be asked about
predicate waits(sk) = sk != 0 && !local(sk) && (in_slot(sk) ?
  \old(slots[slot_at(cookie(sk))].note.incoming) != 0 && \old(slots[slot_at(cookie(sk))].note.accepted) != policy() :
  in_store(sk) && \old(notes[sk].incoming) != 0 && \old(notes[sk].accepted) != policy());
predicate about(f) = no_object() && to_is(f.addr[0], f.addr[1], f.port) && socket_is(f.protocol, f.family, f.type) && asked_about().to.unknown == f.unknown;
predicate of_peer(sk) = has(tasks, \task) ==> (in_slot(sk) ? about(slots[slot_at(cookie(sk))].note.from) : about(notes[sk].from));
logic spliced() = (struct socket *)call(sock_from_file);
// what a socket of IP says of itself
predicate plain(sk) = sk->sk_type == 1 ? sk->sk_protocol == 6 : sk->sk_type == 2 &&
  (sk->sk_protocol == 17 || sk->sk_protocol == 136 || sk->sk_protocol == 1 || sk->sk_protocol == 58);
predicate rerouted(sk) = ((struct inet_sock *)sk)->inet_opt != 0 && ((struct inet_sock *)sk)->inet_opt->opt.srr != 0 ||
  sk->__sk_common.skc_family == 10 && ((struct inet_sock *)sk)->pinet6->opt != 0 && ((struct inet_sock *)sk)->pinet6->opt->srcrt != 0;
logic daddr4(sk) = 0xffff0000 | (u64)(sk->__sk_common.skc_daddr == 0 ? 0x100007f : sk->__sk_common.skc_daddr) << 32;
logic high6(sk) = (u64)sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[0] | (u64)sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[1] << 32;
logic low6(sk) = (u64)sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[2] | (u64)sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[3] << 32;
// of struct vsock_sock: a sock, a pointer, the own address, the other's
predicate vsock_at(at, f) = kernel(at, 2) == 40 ? f.unknown == 0 && f.addr[0] == 0x6b636f737600fe && f.addr[1] == bswap32(kernel(at + 8, 4)) << 32 && f.port == kernel(at + 4, 4) :
  f.unknown == 1 && f.addr[0] == 0 && f.addr[1] == 0 && f.port == 0;
predicate of_vsock(sk, f) = vsock_at((u64)sk + SIZE_OF_SOCK + 24, f);
predicate from_is(sk, f) = f.family == sk->__sk_common.skc_family && f.type == (sk->__sk_common.skc_family == 2 || sk->__sk_common.skc_family == 10 || sk->__sk_common.skc_family == 40 ? sk->sk_type : 0) &&
  (sk->__sk_common.skc_family == 40 ? f.protocol == 0xff28 :
   sk->__sk_common.skc_family == 2 || sk->__sk_common.skc_family == 10 ? f.protocol == sk->sk_protocol && f.port == bswap16(sk->__sk_common.skc_dport) &&
     (seen() ==> f.unknown == (!plain(sk) || rerouted(sk) ? 1 : 0)) &&
     (sk->__sk_common.skc_family == 2 ? f.addr[0] == 0 && f.addr[1] == daddr4(sk) :
      f.addr[0] == high6(sk) && f.addr[1] == (high6(sk) != 0 ? low6(sk) : low6(sk) == 0 ? 0x100000000000000 : low6(sk) == 0xffff0000 ? 0x100007fffff0000 : low6(sk))) :
   f.protocol == 0 && f.port == 0 && f.unknown == 1 && f.addr[0] == 0 && f.addr[1] == 0);
predicate is_noted(sk, n, when) = n.incoming == 1 && n.current == 0 && n.accepted == when && from_is(sk, n.from);
logic kept_epoch() = \old(cordon_state.tree_epoch);
// whom a name of a unix socket means
logic named(other) = (struct unix_sock *)other;
predicate has_path(other) = named(other)->path.dentry != 0;
predicate abstract(other) = named(other)->addr != 0 && named(other)->addr->len >= 3 && kernel(named(other)->addr + 10, 1) == 0;
predicate kept_by(other) = asked_about().to.addr[0] == (u64)call(get_socket_cookie) && asked_about().to.addr[1] == kept_epoch() &&
  asked_about().to.port == 0 && socket_is(0, 0, 0) && asked_about().to.unknown == 0;
predicate of_unix(other) = has(tasks, \task) ==> no_place() && no_move() && kept_by(other) && no_number() && asked_about().inode == 0 && asked_about().ops == 1 << 9 && of_names(0, 0) &&
  (seen() ==> (has_path(other) ? asked_about().dentry == named(other)->path.dentry && asked_about().mount == named(other)->path.mnt && no_name() :
   asked_about().dentry == 0 && asked_about().mount == 0 && asked_about().abstract == named(other)->addr + 11 && asked_about().abstract_len == named(other)->addr->len - 3));
// ... and was permitted before, silently, where it is; in which of the places that it is kept, is a product of 64 bits and too hard
predicate met_at(i, other) = \old(mine().reached[i].key) == 19 && \old(mine().reached[i].addr[0]) == cookie(other) && \old(mine().reached[i].addr[1]) == kept_epoch();
predicate met(other) = right() && (met_at(0, other) || met_at(1, other) || met_at(2, other) || met_at(3, other));
predicate named_to(other) = has_path(other) || abstract(other);
predicate talks(other) = !idle(9) && (called(cordon_ask) || !met(other)) && named_to(other);
// a connection to it: the other end was accepted, and has bound no name of its own
logic other_end() = ((struct unix_sock *)call(skc_to_unix_sock))->peer;
predicate bound(other) = other->__sk_common.skc_hash > 255 || other->__sk_common.skc_bind_node.pprev != 0;
predicate streams(sk) = sk != 0 && sk->sk_type != 2;
predicate sends(sk) = streams(sk) && called(skc_to_unix_sock) && call(skc_to_unix_sock) != 0 && !bound(other_end());
// what was permitted before, and where a file is
predicate disk(inode) = (inode->i_mode & 0170000) == 0060000 || (inode->i_mode & 0170000) == 0020000 && (inode->i_rdev >> 20 == 21 || inode->i_rdev >> 20 == 90);
predicate kept_at(inode) = \old(has(inodes, inode)) && (\old(inodes[inode].version) & 1) == 0 &&
  \old(inodes[inode].current) == policy() && \old(inodes[inode].epoch) == kept_epoch();
predicate known_place(d, inode) = d != 0 && inode != 0 && d->d_sb == inode->i_sb && kept_at(inode);
predicate permitted(key) = right() && \old(mine().permitted[(u64)key * 0x9e3779b97f4a7c15 >> 61]) == key;
// of the task's class, with the inode; and on this place, with any
predicate remembered(inode, ops) = right() && inode != 0 && \old(has(inodes, inode)) && \old(inodes[inode].epoch) == kept_epoch() &&
  ((\old(inodes[inode].permitted[mine().class & 7]) ^ \old(mine().class) << 32) & (0xffffffff00000000 | ops)) == ops;
logic granted_at(key) = (u32)((u64)key >> 8 ^ (u64)key << 6 ^ \old(mine().class) << 4 ^ \old(mine().class) >> 8) & 4095;
predicate granted(key) = right() && (u64)key >> 41 == 0 && \old(mine().class) >> 23 == 0 &&
  \old(granted[granted_at(key)].word) == (\old(mine().class) << 41 | (u64)key);
logic file_key(op, inode) = ((u64)\old(inodes[inode].place.file) << 1 | (\old(inodes[inode].place.foreign) != 0 ? 1 : 0)) << 8 | op << 1 | 1;
// what stands with the inode behind the core's answer: the place that was walked to is kept where it has one name, which no other machine may change,
// while nobody else writes it, and of no earlier time; none of the classes was permitted anything there (bpf/kept.h)
predicate may_keep(d, inode) = d != 0 && inode != 0 && !known_place(d, inode) && kept_epoch() != 0 && !disk(inode) &&
  ((inode->i_mode & 0170000) == 0040000 || inode->i_nlink == 1) && (d->d_op == 0 || d->d_op->d_revalidate == 0);
logic left_version(inode) = after(cordon_ask, inodes[inode].version);
logic left_epoch(inode) = after(cordon_ask, inodes[inode].epoch);
predicate writes(d, inode) = \old(has(tasks, \task)) && after(cordon_ask, asked_about().placed) != 0 && may_keep(d, inode) && has(inodes, inode) && (left_version(inode) & 1) == 0;
// it may not come to 0, which nobody may write: so the last one stays odd, as it is for everybody else while somebody writes
logic next_version(v) = v == LAST_VERSION ? 0xffffffffffffffff : v + 2;
predicate place_kept(inode) = inodes[inode].place.file == after(cordon_ask, asked_about().place.file) && inodes[inode].place.prog == after(cordon_ask, asked_about().place.prog) &&
  inodes[inode].place.session == after(cordon_ask, asked_about().place.session) && inodes[inode].place.foreign == after(cordon_ask, asked_about().place.foreign) &&
  inodes[inode].current == policy() && inodes[inode].epoch == kept_epoch();
CLASSES// ... and where the core is not asked
predicate untouched(inode) = inodes[inode].version == \old(inodes[inode].version) && inodes[inode].current == \old(inodes[inode].current) && inodes[inode].epoch == \old(inodes[inode].epoch) &&
  inodes[inode].place.file == \old(inodes[inode].place.file) && inodes[inode].place.prog == \old(inodes[inode].place.prog) &&
  inodes[inode].place.session == \old(inodes[inode].place.session) && inodes[inode].place.foreign == \old(inodes[inode].place.foreign);
logic my_class() = \old(mine().class);
logic old_word(inode) = \old(inodes[inode].permitted[mine().class & 7]);
logic new_word(inode, ops) = my_class() << 32 | (old_word(inode) >> 32 == my_class() ? (u64)(u32)old_word(inode) : 0) | ops;
predicate of_map(d, m, inode) = has(tasks, \task) ==> asked_about().dentry == d && asked_about().mount == m && asked_about().inode == inode &&
  asked_about().ops == 1 << 15 && asked_about().known == (known_place(d, inode) ? 1 : 0) && asked_about().placed == 0 &&
  (known_place(d, inode) ? asked_about().place.file == \old(inodes[inode].place.file) && asked_about().place.foreign == \old(inodes[inode].place.foreign) &&
     asked_about().place.session == \old(inodes[inode].place.session) && asked_about().place.prog == \old(inodes[inode].place.prog) : asked_about().place.file == 0 && asked_about().place.foreign == 0 &&
     asked_about().place.session == 0 && asked_about().place.prog == 0) && no_move() && no_name() && no_destination() && no_number() && of_names(0, 0);
predicate of_open(d, m, inode, ops) = has(tasks, \task) ==> asked_about().dentry == d && asked_about().mount == m && asked_about().inode == inode &&
  asked_about().ops == ops && asked_about().placed == 0 && no_move() && no_name() && no_destination() && no_number() && of_names(0, 0) && (known_place(d, inode) || no_place());
logic opens(file) = opening(file->f_flags);
predicate idle_all(ops) = right() && (\old(mine().active) & ops) == 0;
predicate granted_op(ops, op, inode) = (ops & \old(mine().active) & 1 << op) == 0 || granted(file_key(op, inode));
predicate granted_all(ops, inode) = right() && granted_op(ops, 0, inode) && granted_op(ops, 1, inode) && granted_op(ops, 2, inode) && granted_op(ops, 3, inode);
predicate counted(hit) = \old(has(counters, 0)) && !called(cordon_ask) ==> counters[0].cached == \old(counters[0].cached) + (hit ? 1 : 0);
logic socket_key(family, type, protocol) = (u64)((u64)(u16)protocol << 16 | (u64)(u16)family << 8 | (u16)type) << 8 | 11;
predicate may_create(family, type, protocol) = idle(5) || (u16)family < 256 && (u16)type < 256 && permitted(socket_key(family, type, protocol));

// the subject stands for what the task is now (bpf/subject.h); an open reads its cgroup without a helper
logic cgroup() = called(get_current_cgroup_id) ? call(get_current_cgroup_id) : \task->cgroups->dfl_cgrp->kn->id;
predicate right() = \old(has(tasks, \task)) && \old(mine().current) == policy() && \old(mine().cred) == \task->real_cred &&
  \old(mine().cgroup) == cgroup() && \old(mine().login) == (\task->loginuid.val | \task->sessionid << 32) &&
  (\task->flags & 0x10) == 0;
predicate idle(op) = right() && (\old(mine().active) >> op & 1) == 0;
// what the running task executes, as its memory says
predicate has_exe() = \task->mm != 0 && \task->mm->exe_file != 0 && \task->mm->exe_file->f_inode != 0;
predicate asks_line() = arg(cordon_ask, 0) == 0 && (u32)arg(cordon_ask, 1) == 18 && (u32)arg(cordon_ask, 2) == 0;
predicate noted() = (u32)mine().line != 0 && mine().line >> 32 == (u32)\task->self_exec_id;
// what stands behind the core's answer: the line that it noted, or that it is lost; all else as it left it
predicate line_left() = mine().line == (call(cordon_ask) != 0 ? (u64)\task->self_exec_id << 32 | 1 : after(cordon_ask, mine().line));
predicate recorded_left() = mine().recorded.ino == after(cordon_ask, mine().recorded.ino) && mine().recorded.sb == after(cordon_ask, mine().recorded.sb) &&
  mine().recorded.generation == after(cordon_ask, mine().recorded.generation) && mine().recorded.known == after(cordon_ask, mine().recorded.known) &&
  mine().current == after(cordon_ask, mine().current);
predicate known_now() = mine().recorded.known != 0 && (\old(has(tasks, \task) && mine().recorded.known != 0) ?
  mine().recorded.ino == \old(mine().recorded.ino) && mine().recorded.sb == \old(mine().recorded.sb) &&
    mine().recorded.generation == \old(mine().recorded.generation) && mine().recorded.known == \old(mine().recorded.known) :
  runs() && mine().recorded.known == 1);
predicate runs() = mine().recorded.ino == (has_exe() ? \task->mm->exe_file->f_inode->i_ino : 0) &&
  mine().recorded.sb == (has_exe() ? \task->mm->exe_file->f_inode->i_sb : 0) &&
  mine().recorded.generation == (has_exe() ? \task->mm->exe_file->f_inode->i_generation : 0);
"""

def each(form):
    """Of each of the classes that an inode has a word for."""
    return " && ".join(form.format(i=i) for i in range(8))

LAST_VERSION = "0xfffffffffffffffe"
FOLLOWED = FOLLOWED.replace("LAST_VERSION", LAST_VERSION).replace("CLASSES", "predicate words_none(inode) = " + each("inodes[inode].permitted[{i}] == 0") + ";\n"
                            "predicate words_same(inode) = " + each("inodes[inode].permitted[{i}] == \\old(inodes[inode].permitted[{i}])") + ";\n"
                            "predicate words_noted(inode, ops) = " + each("inodes[inode].permitted[{i}] == ((my_class() & 7) == {i} ? new_word(inode, ops) : \\old(inodes[inode].permitted[{i}]))") + ";\n")

# what is kept of files and tasks
IDENTITIES = {
    "inode_link": r"""  ensures earlier: ret != 0 ==> \result == ret;
  ensures marks: called(inode_storage_get) <==> ret == 0 && old_dentry->d_inode != 0;
  ensures marked: called(inode_storage_get) && \result == 0 ==> has(inodes, old_dentry->d_inode) && inodes[old_dentry->d_inode].epoch >> 63 == 1;
  ensures answer: ret == 0 ==> \result == (called(inode_storage_get) && call(inode_storage_get) == 0 ? -ENOMEM : 0);
  at inode_storage_get ensures made: arg(inode_storage_get, 1) == old_dentry->d_inode && arg(inode_storage_get, 3) == 1;
""",
    "inode_unlink": r"""  ensures earlier: ret != 0 ==> \result == ret;
  ensures marks: called(inode_storage_get) <==> ret == 0 && dentry->d_inode != 0 && dentry->d_inode->i_nlink > 1;
  ensures marked: called(inode_storage_get) && \result == 0 ==> has(inodes, dentry->d_inode) && inodes[dentry->d_inode].epoch >> 63 == 1;
  ensures answer: ret == 0 ==> \result == (called(inode_storage_get) && call(inode_storage_get) == 0 ? -ENOMEM : 0);
  at inode_storage_get ensures made: arg(inode_storage_get, 1) == dentry->d_inode && arg(inode_storage_get, 3) == 1;
""",
    "d_move": "  ensures later: cordon_state.tree_epoch == \\old(cordon_state.tree_epoch) + 1;\n  ensures same: cordon_state.current == \\old(cordon_state.current);\n",
    "bprm_check_security": r"""  ensures earlier: ret != 0 ==> \result == ret;
  ensures recorded: ret == 0 ==> \result == (called(cordon_ask) || has(tasks, \task) ? 0 : -ENOMEM);
  ensures known: ret == 0 && !called(cordon_ask) && has(tasks, \task) ==> known_now() && noted();
  ensures lost: called(cordon_ask) ==> line_left() && recorded_left();
  at cordon_ask ensures line: ret == 0 && asks_line() && has(tasks, \task) && known_now() && !noted();
""",
    "bprm_committed_creds": r"""  ensures runs: has(tasks, \task) ==> runs() && mine().recorded.known == 1 && mine().current == 0;
""",
    "task_alloc": r"""  ensures earlier: ret != 0 ==> \result == ret;
  ensures there: ret == 0 ==> \result == (has(tasks, \task) && has(tasks, task) ? 0 : -ENOMEM);
  ensures parent: ret == 0 && !called(cordon_ask) && has(tasks, \task) && task != \task ==> known_now() && noted();
  ensures child: ret == 0 && !called(cordon_ask) && \result == 0 && task != \task && !\old(has(tasks, task)) ==> tasks[task].recorded.ino == mine().recorded.ino &&
    tasks[task].recorded.sb == mine().recorded.sb && tasks[task].recorded.generation == mine().recorded.generation &&
    tasks[task].recorded.known == mine().recorded.known && tasks[task].mark == mine().mark && tasks[task].line == mine().line;
  ensures dropped: ret == 0 && \result == 0 && task != \task ==> tasks[task].current == 0 || tasks[task].cred == task->real_cred;
  at cordon_ask ensures line: ret == 0 && asks_line() && has(tasks, \task) && known_now() && !noted();
""",
}
# said where z3 alone is asked (`dear`): cvc5 takes minutes
WORDS = [f"{x}.{y}" for x in ("recorded", "exe") for y in ("ino", "sb", "generation", "known")] + ["cgroup", "login", "line", "class", "active", "mark"]
WORDS += [f"permitted[{i}]" for i in range(8)] + [f"reached[{i}].{x}" for i in range(4) for x in ("key", "addr[0]", "addr[1]")]
# each word of the parent's subject comes to its own place in the child's
DEAR = {"task_alloc": r"""  ensures lost: called(cordon_ask) && task != \task ==> line_left() && recorded_left();
  ensures subject: ret == 0 && \result == 0 && task != \task ==> (mine().cred == \task->real_cred ?
    tasks[task].cred == task->real_cred && tasks[task].current == mine().current : tasks[task].cred == mine().cred && tasks[task].current == 0);
""" + "".join(f"  ensures child{i}: ret == 0 && \\result == 0 && task != \\task ==> " + " && ".join(f"tasks[task].{x} == mine().{x}" for x in WORDS[i:i + 9]) + ";\n"
              for i in range(0, len(WORDS), 9))}
# of a note, what is not said of a connection that was taken
NOTE = ["uid", "version", "class", "pid"] + [f"comm[{i}]" for i in range(16)]
NOTE += [f"sent[{i}].{x}" for i in range(2) for x in ("current", "class", "key", "addr[0]", "addr[1]")]
for hook_name in ("task_fix_setuid", "task_fix_setgid", "task_fix_setgroups"):
    IDENTITIES[hook_name] = r"""  ensures earlier: ret != 0 ==> \result == ret;
  ensures dropped: ret == 0 ==> \result == (has(tasks, \task) ? 0 : -ENOMEM);
  ensures stale: ret == 0 && has(tasks, \task) ==> mine().current == 0;
  ensures counted: subject_drops == \old(subject_drops) + (ret == 0 ? 1 : 0);
"""

# hooks about a number: which one, 24 when it is none of the hook's business
READS = "id == READING_MODULE{compressed} ? 4 : id == READING_KEXEC_IMAGE || id == READING_KEXEC_INITRAMFS ? 9 : 24"
LOADS = "id == LOADING_MODULE ? 4 : id == LOADING_KEXEC_IMAGE || id == LOADING_KEXEC_INITRAMFS ? 9 : 24"
RAW = ("DEV_MEM", "KCORE", "IOPORT", "MSR", "PCI_ACCESS", "ACPI_TABLES", "EFI_TEST", "PCMCIA_CIS", "TIOCSSERIAL", "MMIOTRACE", "XMON_RW")
TRACE = ("TRACEFS", "KPROBES", "BPF_READ_KERNEL", "PERF")
LOCKED = "what == LOCKDOWN_KEXEC ? 9 : " + " || ".join(f"what == LOCKDOWN_{x}" for x in TRACE) + " ? 11 : " + \
         " || ".join(f"what == LOCKDOWN_{x}" for x in RAW) + " ? 15 : 24"
# the number of the system call is in the lower half of the register, without the bit of x32
def by_call(number):
    return f"(((struct pt_regs *)call(task_pt_regs))->orig_ax & 0xbfffffff) == {number}"
# of btrfs, ext4 and f2fs: what a command does
COMMANDS = {"0x660f": 1, "0xf509": 1, "0x940e": 6, "0x9418": 6, "0x940f": 7, "0x943f": 7, "0x9426": 0, "0x9411": 0}
# into a terminal; to vhost-net; to a disk (SCSI, NVMe)
DEVICES = "cmd == 0x5412 || cmd == 0x541c ? 21 : cmd == 0x4008af30 ? 13 : " + " || ".join(f"cmd == 0x{x:x}" for x in (
    0x2285, 0x40304e42, 0xc0484e41, 0xc0484e43, 0xc0504e47, 0xc0504e48, 0xc0504e49)) + " ? 14 : 24"
NUMBERS = {
    "sb_remount": "0", "sb_pivotroot": "0", "path_chroot": "3", "kernel_read_file": READS,
    "kernel_load_data": LOADS, "kernel_module_request": "5", "locked_down": LOCKED, "bpf": "6", "perf_event_open": "10",
    "ptrace_access_check": "mode & 2 ? 7 : 24", "ptrace_traceme": "7", "userns_create": "12", "tun_dev_create": "13",
    "tun_dev_attach_queue": "13", "tun_dev_open": "13", "uring_sqpoll": "16", "uring_override_creds": "16", "key_permission": "18",
    "key_alloc": "18", "ipc_permission": "19", "shm_alloc_security": "19", "sem_alloc_security": "19", "msg_queue_alloc_security": "19",
    "msg_msg_alloc_security": "20", "file_ioctl": DEVICES, "file_ioctl_compat": DEVICES,
    "uring_cmd": "ioucmd->cmd_op >= 0xc0484e80 && ioucmd->cmd_op <= 0xc0484e83 ? 14 : 24", "syslog": "22", "settime": "23",
}
SEEN = "!failed(probe_read_kernel)"
NETWORK_MOUNTS = ("nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "ceph", "afs", "coda", "pvfs2", "ocfs2", "gfs2", "vboxsf", "vmhgfs", "fuse", "fuseblk") # abi.h

# hooks about a name: the operation, the path of the directory and the name in it
NAMES = {"path_mknod": 6, "path_mkdir": 6, "path_symlink": 6, "path_unlink": 7, "path_rmdir": 7}
# the same names where no path hook was asked about them (bpf/under.h)
UNDER = {"inode_create": 6, "inode_mkdir": 6, "inode_mknod": 6, "inode_symlink": 6, "inode_unlink": 7, "inode_rmdir": 7}
# not of threads of the kernel, not what a path hook was asked about; of all else, unless a user namespace owns the file system
UNDER_ASKS = r"""  ensures users: called(cordon_ask) ==> (\task->flags & 0x200000) == 0;
  ensures asked: ret == 0 && {0} != 0 && \old(has(tasks, \task)) && \old(asked_about().named) == {0} && \old(asked_about().named_to) == NOTED ==> !called(cordon_ask);
  ensures new: ret == 0 && policy() != 0 && (\task->flags & 0x200000) == 0 && !called(probe_read_kernel) ==> \old(has(tasks, \task)) && (\old(asked_about().named) == {0} && \old(asked_about().named_to) == NOTED EXCHANGED);
  ensures used: \old(has(tasks, \task)) && !called(cordon_ask) ==> asked_about().named_to == \old(asked_about().named_to) && asked_about().named ==
    (ret == 0 && policy() != 0 && (\task->flags & 0x200000) == 0 && {0} != 0 && \old(asked_about().named) == {0} && \old(asked_about().named_to) == NOTED LAST ? 0 : \old(asked_about().named));
  ensures unknown: ret == 0 && called(probe_read_kernel) && call(probe_read_kernel) != 0 ==> called(cordon_ask);
  ensures whose: ret == 0 && called(probe_read_kernel) && !failed(probe_read_kernel) ==> (called(cordon_ask) <==> (s32){0}->d_sb->s_user_ns->level <= 0);
"""
ATTRIBUTES = ("inode_setxattr", "inode_removexattr", "inode_set_acl", "inode_remove_acl")
# hooks about writing to a file: the path, and when
CONTENT = {"path_truncate": ("path->", "1 == 1"), "file_truncate": ("file->f_path.", "1 == 1"),
           "file_fcntl": ("file->f_path.", "cmd == 4 && !(arg & 02000) && (file->f_flags & 02000) && (file->f_mode & 2)")}
NETWORK = {"socket_listen": (10,), "socket_recvmsg": (11,), "socket_getsockopt": (11,), "splice": (11,), "socket_create": (5,),
           "socket_connect": (4, 17), "socket_bind": (10,), "socket_sendmsg": (4, 11, 17), "file_permission": (4, 11, 17),
           "sctp_bind_connect": (4, 10), "unix_stream_connect": (9,), "unix_may_send": (9,),
           "unix_send": (9,), "unix_write": (9,)}

def incoming(sk, when="1 == 1"):
    """Using a connection that was accepted."""
    return ("EPERM", f"({when}) && (waits({sk}) && !idle(11) || lost({sk}))",
            (("question", f"lost({sk}) ? question(17, 0) : question(11, 0)"), ("peer", f"lost({sk}) || of_peer({sk})")), None,
            (("noted", f"ret == 0 && policy() != 0 && ({when}) && waits({sk}) && !called(cordon_ask) ==> "
              f"(in_slot({sk}) ? slots[slot_at(cookie({sk}))].note.accepted : notes[{sk}].accepted) == policy()"),))

def mapping(file):
    """A file that is mapped to be executed."""
    d, m, inode = f"{file}->f_path.dentry", f"{file}->f_path.mnt", f"{file}->f_inode"
    executes = f"ret == 0 && policy() != 0 && {file} != 0 && (prot & 4)"
    before = f"known_place({d}, {inode}) && granted(file_key(15, {inode}))"
    return f"""  ensures earlier: ret != 0 ==> \\result == ret;
  ensures asks: called(cordon_ask) <==> {executes} && !idle(3) && !remembered({inode}, 0x8000) && !({before});
  ensures answer: ret == 0 ==> \\result == (refused() ? -EACCES : 0);
  ensures counted: counted({executes} && !idle(3) && !remembered({inode}, 0x8000));
  at cordon_ask ensures question: question(3, 0);
  at cordon_ask ensures place: of_map({d}, {m}, {inode});
"""

OPENS = r"""  ensures earlier: ret != 0 ==> \result == ret;
  ensures policy: ret != 0 || policy() == 0 ==> !called(cordon_ask);
  ensures asks: ret == 0 && policy() != 0 && !disk(file->f_inode) ==> (called(cordon_ask) <==> !idle_all(opens(file)) && !remembered(file->f_inode, opens(file)) &&
    !(known_place(file->f_path.dentry, file->f_inode) && granted_all(opens(file), file->f_inode)));
  ensures disk: ret == 0 && policy() != 0 && disk(file->f_inode) && !remembered(file->f_inode, opens(file)) ==> called(cordon_ask, policy(), 13, 14);
  ensures answer: ret == 0 && !disk(file->f_inode) ==> \result == (refused() ? -EACCES : 0);
  at cordon_ask ensures question: question(13, 14) && disk(file->f_inode) || (disk(file->f_inode) || arg(cordon_ask, 0) == policy()) &&
    (u32)arg(cordon_ask, 1) == ((opens(file) & 8) != 0 ? 3 : 0) && (u32)arg(cordon_ask, 2) == 0;
  at cordon_ask ensures place: disk(file->f_inode) || of_open(file->f_path.dentry, file->f_path.mnt, file->f_inode, opens(file));
"""

def kept(file, looks, ops, asked):
    """What a hook of files leaves with the inode: `looks`: it looks whether the subject is right; `asked`: what it has to ask, or to know to be permitted."""
    d, inode = f"{file}->f_path.dentry", f"{file}->f_inode"
    alone = f"!called(cordon_ask) && {asked} && my_class() >> 32 == 0"
    counts = f"\\old(inodes[{inode}].version) != {LAST_VERSION}"
    written = f"called(cordon_ask) && writes({d}, {inode})"
    walked = f"{written} && left_version({inode}) != {LAST_VERSION}"
    return f"""  ensures unnamed: {looks} && right() && !called(cordon_ask) ==> asked_about().named == 0;
  ensures named: \\old(has(tasks, \\task)) && !({looks} && right()) && !called(cordon_ask) ==> asked_about().named == \\old(asked_about().named);
  ensures kept: {written} ==> inodes[{inode}].version == next_version(left_version({inode}));
  ensures where: {walked} && left_epoch({inode}) <= kept_epoch() ==> place_kept({inode}) && words_none({inode});
  ensures later: {walked} && left_epoch({inode}) > kept_epoch() ==> inodes[{inode}].epoch == left_epoch({inode}) && inodes[{inode}].current == after(cordon_ask, inodes[{inode}].current);
  ensures left: called(cordon_ask) && \\old(has(tasks, \\task)) && !writes({d}, {inode}) ==> inodes[{inode}].version == left_version({inode});
  ensures noted: {alone} && {counts} ==> words_noted({inode}, {ops});
  ensures counts: {alone} ==> inodes[{inode}].version == next_version(\\old(inodes[{inode}].version));
  ensures same: !called(cordon_ask) && \\old(has(inodes, {inode})) && {counts} && !({alone}) ==> untouched({inode}) && words_same({inode});
  at inode_storage_get ensures made: {inode} != 0 && arg(inode_storage_get, 1) == {inode} && arg(inode_storage_get, 3) == (called(cordon_ask) ? 1 : 0);
"""

def unix(other, when="1 == 1", more=()):
    """Talking to a unix socket. What is kept of it is kept by the cookie of that very socket."""
    talks = f"({when}) && {other} != 0 && talks({other})"
    return ("EACCES", talks, (("question", "question(9, 0)"), ("name", f"of_unix({other})"), ("whose", "has(tasks, \\task) ==> called(get_socket_cookie)")), SEEN,
            (("met", f"\\old(has(counters, 0)) && !called(cordon_ask) && {SEEN} && ret == 0 && policy() != 0 && {talks.replace('talks(', 'named_to(')} && !idle(9) ==> "
              "counters[0].cached == \\old(counters[0].cached) + 1"),
             ("its", f"called(get_socket_cookie) ==> arg(get_socket_cookie, 0) == {other}"), *more))

def unix_send(sk, when):
    """A send on a connection; which socket is looked at, is said by itself."""
    return unix("other_end()", f"({when}) && sends({sk})", (("looks", f"called(skc_to_unix_sock) <==> ret == 0 && ({when}) && streams({sk})"),
                                                            ("looked", f"called(skc_to_unix_sock) ==> arg(skc_to_unix_sock, 0) == {sk}")))

# storage is made by who asks, and by nobody who looks
MAKES = "  at task_storage_get ensures makes: arg(task_storage_get, 3) == 1 ==> {0};\n"

GRAFT = r"""  ensures untouched: local(sk) ==> !called(cordon_ask) && !called(sk_storage_get) && !called(get_socket_cookie);
  ensures asks: called(cordon_ask) ==> policy() != 0 && !local(sk) && \old(cordon_state.no_accept) != policy() && !idle(11);
  ensures silent: fresh() && !called(cordon_ask) && policy() != 0 && !local(sk) && (in_slot(sk) || taken() || call(sk_storage_get) != 0) ==> \old(cordon_state.no_accept) == policy() || idle(11);
  ensures noted: fresh() && !called(cordon_ask) && !local(sk) ==> (in_slot(sk) ? is_noted(sk, slots[slot_at(cookie(sk))].note, policy()) :
    taken() ? slots[slot_at(given())].cookie == given() && slots[slot_at(given())].sk == sk && is_noted(sk, slots[slot_at(given())].note, policy()) :
    !has(notes, sk) || is_noted(sk, notes[sk], policy()));
  ensures lost: fresh() && !called(cordon_ask) && !local(sk) ==> (in_slot(sk) || taken() || has(notes, sk) ? lost_same() : lost_with(cookie(sk)));
  ensures answer: \result == 0;
  ensures tcp: called(skc_to_tcp_sock) <==> plain(sk) && (sk->__sk_common.skc_family == 2 || sk->__sk_common.skc_family == 10);
  ensures direct: call(skc_to_tcp_sock) != 0 && sk->__sk_common.skc_family == 2 && ((struct inet_sock *)sk)->inet_opt == 0 && in_slot(sk) ==> !called(probe_read_kernel);
  at skc_to_tcp_sock ensures its: arg(skc_to_tcp_sock, 0) == sk;
  ensures accepted: called(cordon_ask) ==> (in_slot(sk) ? answered(slots[slot_at(cookie(sk))].note.accepted, after(cordon_ask, slots[slot_at(cookie(sk))].note.accepted)) :
    in_store(sk) || arg(sk_storage_get, 3) == 1 ? answered(notes[sk].accepted, after(cordon_ask, notes[sk].accepted)) :
    answered(slots[slot_at(given())].note.accepted, after(cordon_ask, slots[slot_at(given())].note.accepted)));
  at sk_storage_get ensures made: arg(sk_storage_get, 1) == sk && arg(sk_storage_get, 3) <= 1;
  ensures its: fresh() && !called(cordon_ask) && taken() ==> left() && slots[slot_at(given())].sk == sk && EMPTY;
  at cordon_ask ensures its: fresh() && taken() ==> left() && slots[slot_at(given())].sk == sk && EMPTY;
  ensures found: fresh() && !called(cordon_ask) && called(get_socket_cookie) && given() != 0 && (was() == 0 || seen() && left()) ==> taken();
  ensures others: called(get_socket_cookie) && !called(cordon_ask) && !taken() ==> slots[slot_at(given())].cookie == was() && slots[slot_at(given())].note.incoming == \old(slots[slot_at(given())].note.incoming);
  ensures looked_for: called(get_socket_cookie) <==> !local(sk) && !in_slot(sk) && !in_store(sk);
  at get_socket_cookie ensures mine: arg(get_socket_cookie, 0) == sk;
  at cordon_ask ensures question: question(11, 0);
  at cordon_ask ensures from: fresh() ==> (in_slot(sk) ? is_noted(sk, slots[slot_at(cookie(sk))].note, 0) :
    taken() ? is_noted(sk, slots[slot_at(given())].note, 0) : has(notes, sk) && is_noted(sk, notes[sk], 0));
  at cordon_ask ensures peer: fresh() && has(tasks, \task) ==> (in_slot(sk) ? about(slots[slot_at(cookie(sk))].note.from) : taken() ? about(slots[slot_at(given())].note.from) : about(notes[sk].from));
"""
GRAFT = GRAFT.replace("EMPTY", " && ".join(f"slots[slot_at(given())].note.{x} == 0" for x in NOTE))
DEAR["sock_graft"] = r"""  at cordon_ask ensures vsock: fresh() && sk->__sk_common.skc_family == 40 && seen() ==> (in_slot(sk) ? of_vsock(sk, slots[slot_at(cookie(sk))].note.from) :
    taken() ? of_vsock(sk, slots[slot_at(given())].note.from) : of_vsock(sk, notes[sk].from));
"""
DEAR["sock_graft"] += MAKES.format(r"!local(sk) && policy() != 0 && \old(cordon_state.no_accept) != policy() && !idle(11)")
MAPPED = {"mmap_file": "file", "file_mprotect": "vma->vm_file"}
for hook_name, file in MAPPED.items():
    executes = f"ret == 0 && {file} != 0 && (prot & 4)"
    DEAR[hook_name] = kept(file, executes, "0x8000", f"{executes} && policy() != 0 && !idle(3) && !remembered({file}->f_inode, 0x8000)")
# of a disk more is asked
DEAR["file_open"] = kept("file", "ret == 0", "opens(file)", "ret == 0 && policy() != 0 && !idle_all(opens(file)) && !remembered(file->f_inode, opens(file))").replace("called(cordon_ask) &&", "called(cordon_ask) && !disk(file->f_inode) &&").replace(
    "==> asked_about().named ==", "&& !disk(file->f_inode) ==> asked_about().named ==").replace("(called(cordon_ask) ? 1 : 0)", "(called(cordon_ask) ? 1 : 0) || disk(file->f_inode)")
# what is known of the place is handed over, so that it is not walked to again
DEAR["file_open"] += r"""  at cordon_ask ensures known: !disk(file->f_inode) && has(tasks, \task) ==> asked_about().known == (known_place(file->f_path.dentry, file->f_inode) ? 1 : 0);
"""
SPLICES = "(mask & 4) && (file->f_inode->i_mode & 0170000) == 0140000"
# hooks of sockets: the error, when they ask, and about what; of which it is said only where reads succeed; what else
SOCKETS = {
    "socket_listen": ("EPERM", "sock->sk != 0 && sock->sk->__sk_common.skc_num == 0 && (sock->sk->__sk_common.skc_family == 2 || sock->sk->__sk_common.skc_family == 10)",
                      (("question", "question(10, 0)"), ("socket", "has(tasks, \\task) ==> no_object() && to_is(0, sock->sk->__sk_common.skc_family == 2 ? 0xffff0000 : 0, 0) && "
                       "socket_is(sock->sk->sk_protocol, sock->sk->__sk_common.skc_family, sock->sk->sk_type) && asked_about().to.unknown == 0")), None, ()),
    "socket_bind": ("EPERM", "sock->sk != 0 && !local(sock->sk)", (("question", "question(10, 0)"), ("address", "of_bound(sock->sk, address, addrlen)")), None, ()),
    "sctp_bind_connect": ("EPERM", "optname == 100 || optname == 110",
                          (("question", "optname == 110 ? question(4, 0) : question(10, 0)"),
                           ("address", "optname == 100 && (u32)addrlen <= 28 ? of_bound(sk, address, addrlen) : of_socket(sk->sk_protocol, sk->__sk_common.skc_family, sk->sk_type, 1)")), None, ()),
    "socket_setsockopt": ("EPERM", "level == 263 && optname == 20", (("question", "question(4, 0)"), ("socket", "of_socket(0, 17, 0, 1)")), None, ()),
    "socket_create": ("EPERM", "kern == 0 && !may_create(family, type, protocol)", (("question", "question(5, 0)"), ("socket", "of_socket((u16)protocol, (u16)family, (u16)type, 0)")), None,
                      (("counted", "counted(ret == 0 && policy() != 0 && kern == 0 && !idle(5) && may_create(family, type, protocol))"),)),
    "socket_recvmsg": incoming("sock->sk"),
    "socket_getsockopt": incoming("sock->sk", "level == 6 && optname == 35"),
    "splice": incoming("spliced()->sk", f"{SPLICES} && spliced() != 0"),
    "unix_stream_connect": unix("other"), "unix_may_send": unix("other->sk"),
    "unix_send": unix_send("sock->sk", "1 == 1"),
    "unix_write": unix_send("spliced()->sk", "(mask & 2) && (file->f_inode->i_mode & 0170000) == 0140000 && spliced() != 0"),
}

DEAR["socket_create"] = MAKES.format("kern == 0 && policy() != 0 && !idle(5)") # less: with what was permitted before, `asks` is too hard
for hook_name in ("socket_recvmsg", "socket_getsockopt", "splice"):
    DEAR[hook_name] = MAKES.format(f"ret == 0 && policy() != 0 && ({SOCKETS[hook_name][1]})")
for hook_name in (*UNDER, "inode_link", "inode_rename"):
    DEAR["under_" + hook_name] = MAKES.format("called(probe_read_kernel)")
for hook_name, file in MAPPED.items():
    DEAR[hook_name] += MAKES.format(f"!idle(3) && !remembered({file}->f_inode, 0x8000)")

def spells(place, text, whole=False):
    """The text at that address begins with these letters; `whole`: and ends there."""
    letters = text.encode() + (b"\0" if whole else b"")
    return "(" + " && ".join(f"kernel({place} + {i}, 1) == {c}" for i, c in enumerate(letters)) + ")"

ASKING = r"""  ensures refuses: ret == 0 && refused() ==> \result < 0;
  ensures only: ret == 0 && \result != 0 ==> refused();
"""
OWN = "  at task_storage_get ensures own: own_storage();\n"
# it is looked at where it is, and never made
LOOKS = "  at task_storage_get ensures own: own_storage() && arg(task_storage_get, 3) == 0;\n"
# in which system call the task is
CALL = "  at task_pt_regs ensures whose: arg(task_pt_regs, 0) == \\task;\n"
# what is read of the kernel's memory is a member, all of it and no more: of sockets also a name's first byte, and an address
# (or none: of the other hooks)
READING = set("""bpf capable command command_compat file_fcntl file_receive file_truncate inode_init_security_anon inode_setattr interpreted move_mount
path_link path_mkdir path_mknod path_notify path_rename path_rmdir path_symlink path_truncate path_unlink perf_event_open sb_kern_mount sb_mount
sb_umount sctp_bind_connect sock_graft socket_bind under_inode_create under_inode_link under_inode_mkdir under_inode_mknod under_inode_rename
under_inode_rmdir under_inode_symlink under_inode_unlink unix_may_send unix_send unix_stream_connect unix_write""".split())
NO_MEMBER = "  ensures no_member: !called(probe_read_kernel);\n"
MEMBER = "  at probe_read_kernel ensures member: arg(probe_read_kernel, 1) == 8 || arg(probe_read_kernel, 1) == 4{more};\n"
NAME, ADDRESS = " || arg(probe_read_kernel, 1) == 1", " || arg(probe_read_kernel, 1) == 16 || arg(probe_read_kernel, 1) == 24"
WIDTHS = {"unix_stream_connect": NAME, "unix_may_send": NAME, "unix_send": NAME, "unix_write": NAME, "sock_graft": NAME + ADDRESS, "socket_bind": ADDRESS, "sctp_bind_connect": ADDRESS}
STORAGE = OWN + r"""  at loop ensures tries: many_tries();
  at cordon_ask ensures tried: tried();
"""

# what was there is not asked for again; what was not, until it is there or was often enough. Not said of those in LONG: they take long enough
AGAIN = r"""  ensures once: \old(has(tasks, \task)) ==> !called(loop);
  ensures again: called(loop) ==> has(tasks, \task) || call(loop) == 1024;
"""
LONG = ("task_alloc", "file_open", "mmap_file", "file_mprotect", "sock_graft")

def exact(error, asks, *sites, given=None):
    """The hook asks exactly when `asks` (where `given`), and answers with that error exactly when the core refuses."""
    when = f"called(cordon_ask) <==> ret == 0 && policy() != 0 && ({asks})"
    if given:
        when = f"({given} ==> ({when})) && (ret != 0 || policy() == 0 ==> !called(cordon_ask))"
    text = f"  ensures earlier: ret != 0 ==> \\result == ret;\n  ensures asks: {when};\n"
    text += f"  ensures answer: ret == 0 ==> \\result == (refused() ? -{error} : 0);\n"
    return text + "".join(f"  at cordon_ask ensures {label}: {what};\n" for label, what in sites)

def twice(first, op, when="1 == 1"):
    """A hook that asks first about something else, and then about a name, unless the first was refused."""
    return (f"  ensures first: ret == 0 && policy() != 0 ==> called(cordon_ask, policy(), 13, {first});\n"
            f"  ensures both: ret == 0 && policy() != 0 && ({when}) && \\result != -EPERM ==> then_asks({op});\n"
            f"  at cordon_ask ensures now: (u32)arg(cordon_ask, 1) == {op} ==> arg(cordon_ask, 0) == cordon_state.current;\n")

# Hooks that read a place twice, and why it is the same: nothing else of the guard leans on that.
OPEN = "an open file's path is set once, and a dentry that is in use keeps its inode (fs/open.c, do_dentry_open; fs/dcache.c, d_delete)"
OWN_EXEC = "only a task itself changes how many programs it has executed (fs/exec.c, begin_new_exec), and all else is read once"
STABLE = {
    "bprm_check_security": OWN_EXEC, "task_alloc": OWN_EXEC,
    "path_notify": "who watches holds the path, and a dentry that is in use keeps its inode (fs/dcache.c, d_delete)",
    "file_fcntl": OPEN, "file_truncate": OPEN, "path_truncate": OPEN, "file_open": OPEN, "mmap_file": OPEN, "file_mprotect": OPEN,
    "sock_graft": "nobody has a connection before accept(2) has returned (net/ipv4/af_inet.c, inet_accept)",
    "socket_bind": "the address is the kernel's own copy, and no socket becomes one of AF_UNIX (net/socket.c, __sys_bind)",
}

def hook(name, btf):
    """The clauses of one hook; None where only refuses and only are said."""
    if name in NUMBERS:
        compressed = " || id == READING_MODULE_COMPRESSED" if b"READING_MODULE_COMPRESSED" in btf else ""
        number = NUMBERS[name].replace("{compressed}", compressed)
        return exact("EPERM", f"({number}) != 24", ("question", f"question(13, {number})"))
    if name in NAMES:
        op = NAMES[name]
        return STORAGE + exact("EACCES", "1 == 1", ("question", f"question({op}, 0)"), ("place", f"of_name({op}, dentry, got(dir->mnt), note_of_name(dentry, {op}))"))
    if name in ATTRIBUTES:
        return STORAGE + exact("EACCES", "1 == 1", ("question", "question(8, 0)"), ("place", "of_place(8, dentry, 0)"))
    if name == "path_link":
        return STORAGE + exact("EACCES", "1 == 1", ("question", "question(16, 0)"),
                     ("move", "of_move(old_dentry, got(new_dir->mnt), new_dentry, got(new_dir->mnt), 1)"))
    if name == "path_rename":
        return STORAGE + exact("EACCES", "1 == 1", ("question", "question(16, 0)"),
                     ("move", "of_move(old_dentry, asked_about().mount, new_dentry, got(new_dir->mnt), flags & 2)"),
                     ("from", "has(tasks, \\task) ==> asked_about().mount == old_dir->mnt || asked_about().mount == 0"))
    if name.startswith("under_") and name[6:] in UNDER:
        op = UNDER[name[6:]]
        return STORAGE + exact("EACCES", "called(cordon_ask)", ("question", f"question({op}, 0)"), ("place", f"of_place({op}, dentry, 0)")) + UNDER_ASKS.format("dentry").replace(" EXCHANGED", "").replace(" LAST", "").replace("NOTED", f"note_of_name(dentry, {op})")
    if name.startswith("under_"):
        return STORAGE + exact("EACCES", "called(cordon_ask)", ("question", "question(16, 0)"),
                               ("move", f"of_move(old_dentry, 0, new_dentry, 0, {int(name == 'under_inode_link')})")) + UNDER_ASKS.format("old_dentry").replace("NOTED", "new_dentry").replace(
                                   " LAST", " && !(\\old(asked_about().named) == new_dentry && \\old(asked_about().named_to) == old_dentry)" if name == "under_inode_rename" else "").replace(
                                   "EXCHANGED", "|| \\old(asked_about().named) == new_dentry && \\old(asked_about().named_to) == old_dentry")
    if name == "interpreted":
        return STORAGE + exact("EACCES", "bprm->executable != 0", ("question", "question(0, 0)"),
                               ("content", "has(tasks, \\task) ==> asked_about().ops == 1 && no_place() && no_move() && no_name() && no_destination() && no_number() && of_names(0, 0)"),
                               ("file", "has(tasks, \\task) && seen() ==> asked_about().dentry == bprm->executable->f_path.dentry && asked_about().mount == bprm->executable->f_path.mnt && "
                                "asked_about().inode == bprm->executable->f_inode"))
    if name == "path_notify":
        return STORAGE + exact("EACCES", "1 == 1", ("question", "question(0, 0)"),
                               ("watched", "(u32)obj_type == 0 && path->dentry != 0 ? of_content(0, path->dentry, path->mnt) : of_place(0, 0, path->mnt)"))
    if name == "into_cgroup":
        return exact("EPERM", "(clone_flags & 0x200000000) != 0", ("question", "question(13, 24)"))
    if name in ("command", "command_compat"):
        kind = " || ".join(f"(cmd & 0xffff) == {x}" for x in ("0x9401", "0x9417", *COMMANDS))
        asked = " : ".join(f"(cmd & 0xffff) == {x} ? {op}" for x, op in COMMANDS.items()) + " : 16"
        return STORAGE + exact("EACCES", kind, ("question", f"question({asked}, 0)"),
                               ("place", f"({asked}) != 16 ==> of_place({asked}, 0, 0)"),
                               ("copy", f"({asked}) == 16 ==> of_move(asked_about().dentry, asked_about().mount, 0, 0, 1)"),
                               ("of", f"({asked}) == 16 && has(tasks, \\task) && {SEEN} ==> asked_about().dentry == file->f_inode->i_sb->s_root && asked_about().mount == file->f_path.mnt"))
    if name == "capable":
        # of the clock and of mounts the core was asked before, and may have changed what is known
        by = " || ".join(by_call(x) for x in (428, 442, 467))
        mounts = f"(u32)cap == 21 && ({by})"
        return LOOKS + CALL + exact("EPERM", f"!idle(12) || (u32)cap == 25 || {mounts}",
            ("question", "question(12, (u32)cap) || (u32)cap == 25 && question(13, 23) || (u32)cap == 21 && question(13, 0)"),
            ("clock", "(u32)cap == 25 || (u32)cap == 21 || question(12, (u32)cap)"),
            ("mounts", f"{SEEN} && question(13, 0) ==> {mounts}"), given=f"((u32)cap != 21 || {SEEN})") + "  ensures call: called(task_pt_regs) <==> ret == 0 && policy() != 0 && (u32)cap == 21;\n"
    if name in CONTENT:
        path, asks = CONTENT[name]
        return STORAGE + exact("EACCES", asks, ("question", "question(1, 0)"),
                               ("place", f"of_content(1, {path}dentry, {path}mnt)"))
    if name == "inode_setattr":
        return STORAGE + exact("EACCES", "(got(attr->ia_valid) & 0x208) == 0 && (got(attr->ia_valid) & 0x37) != 0", ("question", "question(8, 0)"),
                               ("place", "of_place(8, dentry, 0)"))
    if name == "sb_kern_mount":
        by, network = by_call(431), "call(probe_read_kernel_str) > 0 && network_type(sb->s_type->name)"
        return CALL + exact("EPERM", f"{by} || {network}",
                     ("question", f"question(13, 0) || (u32)arg(cordon_ask, 1) == 13 && (u32)arg(cordon_ask, 2) == 1"),
                     ("which", f"{SEEN} ==> ((u32)arg(cordon_ask, 2) == 0 ? {by} : {network} && ({by} || question(13, 1)))"), given=SEEN) + "  ensures looks: ret == 0 ==> called(task_pt_regs) && (\\result == 0 ==> called(probe_read_kernel_str));\n"
    if name == "file_receive":
        return CALL + exact("EPERM", by_call(438), ("question", "question(13, 8)"), ("call", "called(task_pt_regs)"), given=SEEN)
    if name == "inode_init_security_anon":
        ring, fault = spells("name->name", "[io_urin"), spells("name->name", "[userfau")
        return exact("EPERM", f"call(probe_read_kernel_str) >= 0 && ({ring} || {fault})", ("question", f"question(13, 16) || question(13, 17)"),
                     ("which", f"{SEEN} ==> question(13, {ring} ? 16 : 17)"), given=SEEN)
    if name == "sock_graft":
        return STORAGE + GRAFT
    if name == "file_open":
        return STORAGE.replace("tried: ", "tried: question(13, 14) || ") + OPENS
    if name in MAPPED:
        return STORAGE + mapping(MAPPED[name])
    if name in SOCKETS:
        error, asks, sites, given, more = SOCKETS[name]
        looks = STORAGE
        if "lost(" in asks: # of which nothing is asked
            looks = looks.replace("tried: ", "tried: question(17, 0) || ")
        if name == "splice":
            looks += f"  at sock_from_file ensures mine: arg(sock_from_file, 0) == file;\n  ensures looks: called(sock_from_file) <==> ret == 0 && {SPLICES};\n"
        return looks + exact(error, asks, *sites, given=given) + "".join(f"  ensures {label}: {what};\n" for label, what in more)
    if name in ("sb_mount", "move_mount"):
        at, covers = ("path", "(flags & 0x1e0020) == 0") if name == "sb_mount" else ("to_path", "1 == 1")
        named = "(u32)arg(cordon_ask, 1) == 6"
        return STORAGE.replace("tried()", f"{named} ==> tried()") + exact(
            "EPERM", "1 == 1", ("question", f"question(13, 0) || called(cordon_ask) && {named} && arg(cordon_ask, 2) == 0"),
            ("covers", f"{named} ==> {covers}"), ("place", f"{named} ==> of_place(6, asked_about().dentry, got({at}->mnt))"),
            ("over", f"{named} && has(tasks, \\task) ==> asked_about().dentry == {at}->dentry || asked_about().dentry == 0")).replace(
                "(refused() ? -EPERM : 0)", "(!refused() ? 0 : (u32)arg(cordon_ask, 1) == 13 ? -EPERM : -EACCES)") + twice(0, 6, covers)
    if name == "sb_umount":
        return OWN + exact("EPERM", "1 == 1", ("question", "question(13, 2) || called(cordon_ask) && (u32)arg(cordon_ask, 1) == 7 && arg(cordon_ask, 2) == 0"),
                           ("place", "(u32)arg(cordon_ask, 1) == 7 ==> tried() && of_place(7, got(mnt->mnt_root), mnt)")).replace(
                           "(refused() ? -EPERM : 0)", "(!refused() ? 0 : (u32)arg(cordon_ask, 1) == 13 ? -EPERM : -EACCES)") + twice(2, 7)
    if name in IDENTITIES:
        both = " && has(tasks, task)" if name == "task_alloc" else ""
        looks = "has(tasks, \\task)" if name == "bprm_committed_creds" else "ret != 0 || has(tasks, \\task)"
        storage = STORAGE.replace("  at cordon_ask ensures tried: tried();\n", f"  ensures tried: {looks}{both} || called(loop);\n").replace(OWN, "  at task_storage_get ensures made: arg(task_storage_get, 3) == 1;\n")
        return (storage if "task" in name or "bprm" in name else "") + IDENTITIES[name]
    return None

def follows(prove, obj):
    with tempfile.NamedTemporaryFile("w", suffix=".contract") as f:
        f.write("program cordon_d_move { ensures \\task != 0; }\n")
        f.flush()
        r = subprocess.run([prove, "check", "--solver", "z3", "--contract", f.name, "--program", "cordon_d_move", obj], capture_output=True, text=True)
    return "is not known" not in r.stderr

def size_of(name, btf):
    types = subprocess.run(["bpftool", "btf", "dump", "file", btf, "format", "raw"], capture_output=True, text=True).stdout
    return re.search(rf"STRUCT '{name}' size=(\d+)", types)[1]

def spoken_of(clauses):
    """Without the clauses about what is not followed."""
    own = ("tasks", "\\task", "mine()", "of_socket", "talks(", "named_to(", "of_bound", "of_peer", "of_unix", "of_map", "about(", "is_noted", "plain(", "lost(", "may_create", "counted(", "waits(", "of_place", "of_name", "of_content", "of_move", "asked_about", "own_storage", "tried()", "idle(", "runs()")
    parts = re.split(r"(?<=;)\n", clauses)
    return "\n".join(p for p in parts if not any(word in p for word in own))

def contract(names, btf, followed, plain=(), dear=False):
    """Of those in `plain` only that they refuse when the core does, and only then; `dear`: with what takes long."""
    data = open(btf, "rb").read()
    text = COMMON + "predicate network_type(text) = " + " || ".join(spells("text", x, True) for x in NETWORK_MOUNTS) + ";\n"
    text += FOLLOWED.replace("SIZE_OF_SOCK", size_of("sock", btf)) if followed else ""
    text += guard_packets.common(dear) if PACKETS & set(names) else ""
    for name in names:
        short = name[len("cordon_"):]
        clauses = guard_packets.clauses(name, dear) if name in PACKETS else hook(short, data) if name not in plain else None
        if clauses is None and name not in IDENTITY | VOID | PACKETS and name != "cordon_core":
            clauses = ASKING + ("" if name in plain else OWN if short == "file_open" else STORAGE)
            if short in NETWORK and name not in plain:
                clauses += "  at cordon_ask ensures question: " + " || ".join(f"question({op}, 0)" for op in NETWORK[short]) + ";\n"
        if clauses and name not in plain and short not in LONG and hook(short, data) and "at loop ensures tries" in clauses:
            clauses += AGAIN
        if clauses and hook(short, data) and name not in plain:
            clauses += MEMBER.format(more=WIDTHS.get(short, "")) if short in READING else NO_MEMBER
        clauses = (clauses or "") + (DEAR.get(short, "") if dear else "")
        if clauses and not followed:
            clauses = spoken_of(clauses)
        if clauses:
            stable = f'  stable "{STABLE[short]}";\n' if short in STABLE else ""
            text += f"program {name} {{\n{stable}{clauses}}}\n"
    return text
