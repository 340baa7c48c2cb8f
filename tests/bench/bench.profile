# SPDX-License-Identifier: GPL-2.0-only
# What AppArmor can say of the measured policy of ten rules: files by path, sockets by family; no users, no addresses.
profile bench {
  file,
  deny /srv/tree1/** rwx,
  deny /srv/tree3/** rwx,
  deny /srv/tree5/** rwx,
  deny /srv/tree7/** rwx,
  deny /srv/tree9/** rwx,
  network inet stream,
  network inet dgram,
  network unix stream,
  unix,
  signal,
  capability,
}
