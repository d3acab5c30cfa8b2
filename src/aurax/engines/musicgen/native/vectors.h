/* Vectors of floats, as wide as the processor's, by the extensions that GCC and Clang share. */
#ifndef AURAX_VECTORS_H
#define AURAX_VECTORS_H

#include <stdint.h>
#include <string.h>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__ARM_FEATURE_DOTPROD)
#include <arm_neon.h>
#endif

#if defined(__AVX512VNNI__) && defined(__AVX512BW__)
#define LANES 16
#elif defined(__AVX2__)
#define LANES 8
#else
#define LANES 4
#endif

typedef float floats __attribute__((vector_size(LANES * 4)));
typedef int32_t ints __attribute__((vector_size(LANES * 4)));
typedef uint32_t words __attribute__((vector_size(LANES * 4)));
typedef uint16_t halves __attribute__((vector_size(LANES * 2)));
typedef int16_t shorts __attribute__((vector_size(LANES * 2)));
typedef int8_t bytes __attribute__((vector_size(LANES)));

/* Formats of weights and of cached keys and values. */
enum { FP32, BF16, INT8 };

static inline long format_size(long format) { return format == FP32 ? 4 : format == BF16 ? 2 : 1; }

static inline floats load(const float *from) {
    floats value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline void store(float *to, floats value) { memcpy(to, &value, sizeof value); }

static inline floats spread(float value) { return value - (floats){0}; }

/* Compilers make of the general conversion anything from one instruction to one for each byte. */
static inline ints widened(bytes code) {
#if LANES == 16
    return (ints)_mm512_cvtepi8_epi32((__m128i)code);
#elif LANES == 8
    return (ints)_mm256_cvtepi8_epi32(_mm_cvtsi64_si128((long long)code));
#else
    return __builtin_convertvector(__builtin_convertvector(code, shorts), ints);
#endif
}

/* A vector of values of any format, not yet scaled. */
static inline __attribute__((always_inline)) floats load_as(long format, const void *base, long index) {
    if (format == FP32) return load((const float *)base + index);
    if (format == BF16) {
        halves half;
        memcpy(&half, (const uint16_t *)base + index, sizeof half);
        return (floats)(__builtin_convertvector(half, words) << 16);
    }
    bytes code;
    memcpy(&code, (const int8_t *)base + index, sizeof code);
    return __builtin_convertvector(widened(code), floats);
}

static inline uint16_t to_bf16(float value) { /* rounds to nearest, ties to even */
    uint32_t bits;
    memcpy(&bits, &value, 4);
    if ((bits & 0x7fffffff) > 0x7f800000) return 0x7fc0; /* NaN stays NaN */
    return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

static inline floats choose(ints mask, floats yes, floats no) { return (floats)((mask & (ints)yes) | (~mask & (ints)no)); }

/* The larger; NaN where `a` is NaN. */
static inline floats larger(floats a, floats b) { return choose(b > a, b, a); }

static inline floats absolute(floats a) { return (floats)((ints)a & 0x7fffffff); }

static inline float sum_of(floats v) {
    float sum = 0;
    for (int i = 0; i < LANES; i++) sum += v[i];
    return sum;
}

static inline float largest_of(floats v) {
    float most = v[0];
    for (int i = 1; i < LANES; i++) most = v[i] > most ? v[i] : most;
    return most;
}

/* Adding 1.5 · 2^23 leaves a float's nearest integer in its low bits. */
#define ROUNDER 12582912.0f

/* e^x for x ≤ 0, to about one unit in the last place: e^x = 2^n e^r with |r| ≤ ln 2 / 2. */
static inline floats exp_of(floats x) {
    x = larger(x, spread(-87.0f));
    floats rounded = x * 1.44269504f + ROUNDER;
    floats n = rounded - ROUNDER;
    floats r = x - n * 0.693359375f + n * 2.12194440e-4f;
    floats p = spread(1.0f / 5040);
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    return (floats)((ints)p + ((ints)rounded << 23));
}

/* x · Φ(x), with the error function to 1.5e-7 by Abramowitz and Stegun, 7.1.26. */
static inline floats gelu_of(floats x) {
    floats z = absolute(x) * 0.70710678f;
    floats t = 1.0f / (z * 0.3275911f + 1.0f);
    floats p = t * 1.061405429f - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    floats erf = 1.0f - p * t * exp_of(-z * z);
    return 0.5f * x * (1.0f + choose(x < 0.0f, -erf, erf));
}

#endif
