/* Sparse convolution of float32 rows on a CPU. Plain C ABI, no dependency but libc; OpenMP when the compiler has it.
 *
 * A neighbour table [K, n] names, for kernel offset k and output row r, the input row table[k * n + r], or -1 for none.
 *
 *   sparse_convolve         out[r] = sum_k x[table[k, r]] @ w[k], then max(floor, out[r] * scale + shift) if asked for
 *   sparse_weight_gradient  dw[k]  = sum_r a[r]^T b[table[k, r]]
 *
 * With an order [n], column r of the table belongs to the output row order[r]: neighbours in space are computed one after
 * the other, so that what they read in common is still in cache.
 *
 * Both walk over blocks of rows. Per block and offset the present neighbours are listed, then a register tile
 * (rows x columns) reads the listed rows in place: no gather buffer, no atomics, and one thread owns each result, so
 * the number of threads never changes a bit.
 *
 * The tiles exist once per instruction set: this file includes itself with LANES, VECTOR and friends defined anew.
 */
#ifndef LANES

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#define X86 1
#else
#define X86 0
#endif

#define API __attribute__((visibility("default")))
#define INLINE static inline __attribute__((always_inline))
#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)
#define NAME(x) JOIN(x, ISA)
#define MIN(a, b) ((a) < (b) ? (a) : (b))

enum { PORTABLE = 0, AVX2 = 1, AVX512 = 2 };
enum { ALIGN = 64, PAD = 16 };        /* packed weights have a multiple of PAD columns, whatever the instruction set */
enum { BLOCK = 512, BATCH = 128 };    /* rows of a block; listed pairs that a weight-gradient tile sums in registers */
enum { MOST_ROWS = 12 };              /* rows of the tallest tile */

typedef struct { /* the present neighbours of one block at one offset */
    int count;
    int32_t row[BLOCK + 2 * MOST_ROWS];
    int32_t from[BLOCK + 2 * MOST_ROWS];
} Pairs;

/* Fill the last tile and its look-ahead: they read a valid row again and add into the spare row of the accumulator. */
static void pad_pairs(Pairs *pairs, int rows) {
    for (int i = 0; pairs->count && i < 2 * MOST_ROWS; i++) {
        pairs->row[pairs->count + i] = rows;
        pairs->from[pairs->count + i] = pairs->from[pairs->count - 1];
    }
}

INLINE void fetch_row(const float *row, int columns) {
    for (int c = 0; c < MIN(columns, 128); c += 16) __builtin_prefetch(row + c);
}

typedef struct { /* what exists once per instruction set */
    void (*list_pairs)(Pairs *pairs, const int32_t *table, int rows);
    void (*convolve_offset)(const float *x, int cin, const float *w, int padded, const Pairs *pairs, float *sums);
    void (*write_rows)(const float *sums, int padded, const int32_t *order, int rows, int cout, const float *scale,
                       const float *shift, float floor, float *out);
    void (*outer_products)(const float *a, int ca, const float *b, int cb, const Pairs *pairs, int first, int last,
                           float *out, int64_t stride);
} Tiles;

#define LANES 4
#define ISA portable
#define TARGET
#define VECTOR Four
typedef float Four __attribute__((vector_size(16)));
typedef float FourLoose __attribute__((vector_size(16), aligned(4), may_alias));
#define ZERO ((Four){0.f, 0.f, 0.f, 0.f})
#define LOAD(p) ((Four) * (const FourLoose *)(p))
#define STORE(p, v) (*(FourLoose *)(p) = (v))
#define SPLAT(s) ((Four){s, s, s, s})
#define FMA(a, b, c) ((a) * (b) + (c))
#define WIDEST 2
#define TALL(vectors) ((vectors) == 2 ? 6 : 12)
#include "sparse_conv.c"

#if X86
#define LANES 8
#define ISA avx2
#define TARGET __attribute__((target("avx2,fma")))
#define VECTOR __m256
#define ZERO _mm256_setzero_ps()
#define LOAD _mm256_loadu_ps
#define STORE _mm256_storeu_ps
#define SPLAT _mm256_set1_ps
#define FMA _mm256_fmadd_ps
#define WIDEST 2
#define TALL(vectors) ((vectors) == 2 ? 6 : 12)
#include "sparse_conv.c"

#define LANES 16
#define ISA avx512
#define TARGET __attribute__((target("avx512f,avx2,fma")))
#define VECTOR __m512
#define ZERO _mm512_setzero_ps()
#define LOAD _mm512_loadu_ps
#define STORE _mm512_storeu_ps
#define SPLAT _mm512_set1_ps
#define FMA _mm512_fmadd_ps
#define WIDEST 4
#define TALL(vectors) ((vectors) == 4 ? 6 : (vectors) == 1 ? 12 : 8)
#include "sparse_conv.c"
#endif

/* The best instruction set of this machine, one of the enum above. */
API int sparse_best_isa(void) {
#if X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return AVX2;
#endif
    return PORTABLE;
}

API int sparse_has_threads(void) {
#ifdef _OPENMP
    return 1;
#else
    return 0;
#endif
}

static Tiles tiles_for(int isa) {
#if X86
    if (isa == AVX512) return tiles_avx512;
    if (isa == AVX2) return tiles_avx2;
#endif
    return tiles_portable;
}

/* packed[k, i, o] = w[k * sk + i * si + o * so], columns padded with zeros to a multiple of PAD. */
API void sparse_pack(const float *w, int64_t sk, int64_t si, int64_t so, int kernel, int cin, int cout, float *packed) {
    const int padded = (cout + PAD - 1) / PAD * PAD;
    if (padded > cout) memset(packed, 0, sizeof(float) * kernel * cin * padded);
    for (int k = 0; k < kernel; k++)
        for (int i0 = 0; i0 < cin; i0 += 16) /* square patches keep both sides of the transposition in cache */
            for (int o0 = 0; o0 < cout; o0 += 16)
                for (int i = i0; i < MIN(i0 + 16, cin); i++)
                    for (int o = o0; o < MIN(o0 + 16, cout); o++)
                        packed[((int64_t)k * cin + i) * padded + o] = w[k * sk + i * si + o * so];
}

/* One block: sum over the offsets in a scratch [rows + 1, padded] that stays in cache, then write out once. */
static void convolve_block(Tiles tiles, const float *x, const float *w, const int32_t *table, const int32_t *order,
                           int64_t n, int rows, int kernel, int cin, int cout, const float *scale, const float *shift,
                           float floor, Pairs *pairs, float *sums, float *out) {
    const int padded = (cout + PAD - 1) / PAD * PAD;
    memset(sums, 0, sizeof(float) * rows * padded);
    for (int k = 0; k < kernel; k++) {
        for (int r = 0; k + 1 < kernel && r < rows; r += 16) __builtin_prefetch(table + (k + 1) * n + r);
        tiles.list_pairs(pairs, table + k * n, rows);
        pad_pairs(pairs, rows);
        tiles.convolve_offset(x, cin, w + (int64_t)k * cin * padded, padded, pairs, sums);
    }
    tiles.write_rows(sums, padded, order, rows, cout, scale, shift, floor, out);
}

/* x [*, cin], w packed [kernel, cin, padded cout], table [kernel, n], order [n] or null, scale and shift [cout] or null,
 * out [n, cout]. Returns 0, or 1 when out of memory. */
API int sparse_convolve(const float *x, const float *w, const int32_t *table, const int32_t *order, const float *scale,
                        const float *shift, float floor, float *out, int64_t n, int kernel, int cin, int cout, int block,
                        int isa, int threads) {
    const Tiles tiles = tiles_for(isa);
    const int padded = (cout + PAD - 1) / PAD * PAD;
    int failed = 0;
    block = MIN(block, BLOCK);
#pragma omp parallel num_threads(threads) reduction(| : failed)
    {
        Pairs *pairs = malloc(sizeof(Pairs));
        float *sums = aligned_alloc(ALIGN, sizeof(float) * (block + 1) * padded);
        failed = !pairs || !sums;
        if (!failed) memset(sums + (int64_t)block * padded, 0, sizeof(float) * padded);
#pragma omp for schedule(dynamic)
        for (int64_t start = 0; start < n; start += block)
            if (!failed)
                convolve_block(tiles, x, w, table + start, order ? order + start : NULL, n, (int)MIN(block, n - start),
                               kernel, cin, cout, scale, shift, floor, pairs, sums, order ? out : out + start * cout);
        free(pairs);
        free(sums);
    }
    return failed;
}

/* Share of the work before which (offset, row of a) thread t begins: offsets weigh as much as they have pairs. */
static void cut_work(const int64_t *before, int kernel, int ca, int threads, int t, int *offset, int *row) {
    const int64_t target = before[kernel] * t / threads;
    int k = 0;
    while (k < kernel - 1 && before[k + 1] <= target) k++;
    const int64_t weight = before[k + 1] - before[k];
    *offset = t == threads ? kernel : k;
    *row = t == threads || !weight ? 0 : (int)((target - before[k]) * ca / weight) / 8 * 8;
}

static void count_pairs(const int32_t *table, int64_t n, int kernel, int64_t *before) {
    before[0] = 0;
    for (int k = 0; k < kernel; k++) {
        int64_t count = 0;
        for (int64_t r = 0; r < n; r++) count += table[k * n + r] >= 0;
        before[k + 1] = before[k] + count;
    }
}

/* Offsets first..last of the weight gradient, from row_first of the first to row_last of the last, over all blocks. */
static void gradient_share(Tiles tiles, const float *a, const float *b, const int32_t *table, const int32_t *order,
                           int64_t n, int ca, int cb, int first, int row_first, int last, int row_last, float *dw,
                           int64_t sk, int64_t sr, Pairs *pairs) {
    for (int64_t start = 0; start < n; start += BLOCK)
        for (int k = first; k <= last; k++) {
            const int from = k == first ? row_first : 0, to = k == last ? row_last : ca;
            if (from >= to) continue;
            tiles.list_pairs(pairs, table + k * n + start, (int)MIN(BLOCK, n - start));
            for (int p = 0; order && p < pairs->count; p++) pairs->row[p] = order[start + pairs->row[p]];
            tiles.outer_products(order ? a : a + start * ca, ca, b, cb, pairs, from, to, dw + k * sk, sr);
        }
}

/* a [n, ca] by output row, b [*, cb] by table, cb a multiple of PAD; adds into dw[k * sk + i * sr + j], i < ca, j < cb. */
API int sparse_weight_gradient(const float *a, const float *b, const int32_t *table, const int32_t *order, float *dw,
                               int64_t n, int kernel, int ca, int cb, int64_t sk, int64_t sr, int isa, int threads) {
    const Tiles tiles = tiles_for(isa);
    int64_t *before = malloc(sizeof(int64_t) * (kernel + 1));
    int failed = !before;
    if (failed) return 1;
    if (threads > 1)
        count_pairs(table, n, kernel, before);
    else
        for (int k = 0; k <= kernel; k++) before[k] = k; /* one thread takes all, however much it is */
#pragma omp parallel num_threads(threads) reduction(| : failed)
    {
        int t = 0, team = 1, first, row_first, last, row_last;
#ifdef _OPENMP
        t = omp_get_thread_num(), team = omp_get_num_threads(); /* the team may be smaller than asked for */
#endif
        Pairs *pairs = malloc(sizeof(Pairs));
        failed = !pairs;
        cut_work(before, kernel, ca, team, t, &first, &row_first);
        cut_work(before, kernel, ca, team, t + 1, &last, &row_last);
        if (last == kernel) last = kernel - 1, row_last = ca;
        if (!failed)
            gradient_share(tiles, a, b, table, order, n, ca, cb, first, row_first, last, row_last, dw, sk, sr, pairs);
        free(pairs);
    }
    free(before);
    return failed;
}

#else /* ---------------------------------------------------------------- the tiles of one instruction set */

static TARGET void NAME(list_pairs)(Pairs *pairs, const int32_t *table, int rows) {
    int n = 0, r = 0;
#if LANES == 16
    const __m512i count = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    for (; r + LANES <= rows; r += LANES) {
        const __m512i from = _mm512_loadu_si512(table + r);
        const __mmask16 there = _mm512_cmpge_epi32_mask(from, _mm512_setzero_si512());
        const __m512i row = _mm512_add_epi32(count, _mm512_set1_epi32(r));
        /* compressed in a register and stored whole: compressing stores are slow on some processors */
        _mm512_storeu_si512(pairs->row + n, _mm512_maskz_compress_epi32(there, row));
        _mm512_storeu_si512(pairs->from + n, _mm512_maskz_compress_epi32(there, from));
        n += __builtin_popcount(there);
    }
#endif
    for (; r < rows; r++) {
        pairs->row[n] = r;
        pairs->from[n] = table[r];
        n += table[r] >= 0;
    }
    pairs->count = n;
}

/* sums[row[i], :vectors] += x[from[i]] @ w[:, :vectors] for `rows` listed pairs; rows and vectors are constants. */
INLINE TARGET void NAME(tile)(const float *x, int cin, const float *w, int padded, const int32_t *row,
                              const int32_t *from, float *sums, const int rows, const int vectors) {
    const float *in[MOST_ROWS];
    float *out[MOST_ROWS];
    VECTOR sum[MOST_ROWS][WIDEST];
    for (int i = 0; i < rows; i++) fetch_row(x + (int64_t)from[i + rows] * cin, cin); /* of the tile after this one */
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++) {
        in[i] = x + (int64_t)from[i] * cin;
        out[i] = sums + (int64_t)row[i] * padded;
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) sum[i][j] = LOAD(out[i] + j * LANES);
    }
#pragma GCC unroll 2
    for (int c = 0; c < cin; c++) {
        VECTOR right[WIDEST];
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) right[j] = LOAD(w + (int64_t)c * padded + j * LANES);
#pragma GCC unroll 12
        for (int i = 0; i < rows; i++) {
            const VECTOR left = SPLAT(in[i][c]);
#pragma GCC unroll 4
            for (int j = 0; j < vectors; j++) sum[i][j] = FMA(left, right[j], sum[i][j]);
        }
    }
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) STORE(out[i] + j * LANES, sum[i][j]);
}

/* All listed pairs against one panel of columns: tall tiles, at most one half tile at the end. */
INLINE TARGET void NAME(panel)(const float *x, int cin, const float *w, int padded, const Pairs *pairs, float *sums,
                               const int vectors) {
    const int tall = TALL(vectors), half = tall / 2;
    int p = 0;
    for (; pairs->count - p > half; p += tall)
        NAME(tile)(x, cin, w, padded, pairs->row + p, pairs->from + p, sums, TALL(vectors), vectors);
    if (p < pairs->count)
        NAME(tile)(x, cin, w, padded, pairs->row + p, pairs->from + p, sums, TALL(vectors) / 2, vectors);
}

static TARGET void NAME(convolve_offset)(const float *x, int cin, const float *w, int padded, const Pairs *pairs,
                                         float *sums) {
    int column = 0;
#if WIDEST == 4
    for (; column + 4 * LANES <= padded; column += 4 * LANES)
        NAME(panel)(x, cin, w + column, padded, pairs, sums + column, 4);
    if (column + 3 * LANES == padded) {
        NAME(panel)(x, cin, w + column, padded, pairs, sums + column, 3);
        return;
    }
#endif
    for (; column + 2 * LANES <= padded; column += 2 * LANES)
        NAME(panel)(x, cin, w + column, padded, pairs, sums + column, 2);
    if (column < padded) NAME(panel)(x, cin, w + column, padded, pairs, sums + column, 1);
}

/* Rows of sums without their padding; with a scale, what follows the convolution is done while they are in cache. */
static TARGET void NAME(write_rows)(const float *sums, int padded, const int32_t *order, int rows, int cout,
                                    const float *scale, const float *shift, float floor, float *to) {
    for (int r = 0; r < rows; r++, sums += padded) {
        float *out = to + (int64_t)(order ? order[r] : r) * cout;
        if (!scale)
            memcpy(out, sums, sizeof(float) * cout);
        else
            for (int c = 0; c < cout; c++) {
                const float value = sums[c] * scale[c] + shift[c];
                out[c] = value < floor ? floor : value; /* not a number stays so */
            }
    }
}

/* out[i, :vectors] += sum_p a[row[p], i] * b[from[p], :vectors] for i < rows; rows and vectors are constants. */
INLINE TARGET void NAME(outer)(const float *a, int ca, const float *b, int cb, const int32_t *row, const int32_t *from,
                               int count, float *out, int64_t stride, const int rows, const int vectors) {
    VECTOR sum[MOST_ROWS][WIDEST];
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) sum[i][j] = ZERO;
    for (int p = 0; p < count; p++) {
        const float *left = a + (int64_t)row[p] * ca, *right = b + (int64_t)from[p] * cb;
        VECTOR r[WIDEST];
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) r[j] = LOAD(right + j * LANES);
#pragma GCC unroll 12
        for (int i = 0; i < rows; i++) {
            const VECTOR l = SPLAT(left[i]);
#pragma GCC unroll 4
            for (int j = 0; j < vectors; j++) sum[i][j] = FMA(l, r[j], sum[i][j]);
        }
    }
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) {
            float *at = out + i * stride + j * LANES;
            STORE(at, sum[i][j] + LOAD(at));
        }
}

/* Rows first..last of the result against one panel of columns. */
INLINE TARGET void NAME(outer_panel)(const float *a, int ca, const float *b, int cb, const Pairs *pairs, int begin,
                                     int first, int last, float *out, int64_t stride, const int vectors) {
    const int32_t *row = pairs->row + begin, *from = pairs->from + begin;
    const int count = MIN(BATCH, pairs->count - begin);
    int i = first;
#if WIDEST == 4
    for (; i + TALL(vectors) <= last; i += TALL(vectors))
        NAME(outer)(a + i, ca, b, cb, row, from, count, out + i * stride, stride, TALL(vectors), vectors);
    for (; vectors < 4 && i + 8 <= last; i += 8)
        NAME(outer)(a + i, ca, b, cb, row, from, count, out + i * stride, stride, 8, vectors);
#endif
    for (; i + 4 <= last; i += 4)
        NAME(outer)(a + i, ca, b, cb, row, from, count, out + i * stride, stride, 4, vectors);
    for (; i < last; i++) NAME(outer)(a + i, ca, b, cb, row, from, count, out + i * stride, stride, 1, vectors);
}

/* Sums BATCH pairs at a time: their rows stay in the first cache, and short sums added up round less than one long sum. */
static TARGET void NAME(outer_products)(const float *a, int ca, const float *b, int cb, const Pairs *pairs, int first,
                                        int last, float *out, int64_t stride) {
    for (int p = 0; p < pairs->count; p += BATCH) {
        int j = 0;
#if WIDEST == 4
        for (; j + 4 * LANES <= cb; j += 4 * LANES)
            NAME(outer_panel)(a, ca, b + j, cb, pairs, p, first, last, out + j, stride, 4);
#endif
        for (; j + 2 * LANES <= cb; j += 2 * LANES)
            NAME(outer_panel)(a, ca, b + j, cb, pairs, p, first, last, out + j, stride, 2);
        for (; j + LANES <= cb; j += LANES)
            NAME(outer_panel)(a, ca, b + j, cb, pairs, p, first, last, out + j, stride, 1);
    }
}

static const Tiles NAME(tiles) = {NAME(list_pairs), NAME(convolve_offset), NAME(write_rows), NAME(outer_products)};

#undef LANES
#undef ISA
#undef TARGET
#undef VECTOR
#undef ZERO
#undef LOAD
#undef STORE
#undef SPLAT
#undef FMA
#undef WIDEST
#undef TALL
#endif
