/* SPDX-License-Identifier: GPL-2.0-only */
/* sha256: the hash function of FIPS 180-4, for names of things by their content. No secrets are hashed here. */
#ifndef COMMON_SHA256_H
#define COMMON_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

struct sha256 {
	uint32_t h[8];
	uint64_t len; /* bytes so far */
	uint8_t block[64];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t len);
/* The sum of all that was added; s has to be initialised again afterwards. */
void sha256_end(struct sha256 *s, uint8_t ret_sum[SHA256_SIZE]);

#endif
