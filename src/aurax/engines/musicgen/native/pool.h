/* Threads that go through the phases of a step together. They spin between phases, which are microseconds apart, and
 * sleep between steps; a thread that has spun for long gives its core away. */
#ifndef AURAX_POOL_H
#define AURAX_POOL_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#define PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define PAUSE() __asm__ volatile("yield")
#else
#define PAUSE() ((void)0)
#endif

#define SPINS 4000

typedef struct Pool Pool;
struct Pool {
    int threads;
    _Alignas(64) atomic_long next; /* first item of the phase that no thread has taken */
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_uint phase;
    void (*work)(void *task, Pool *pool, int thread);
    void *task;
    unsigned long jobs;
    int stopping;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t *workers;
};

/* Take the next items of the phase: the first of `many`; at or beyond the phase's count when there are none left. */
static inline long take(Pool *pool, long many) {
    return atomic_fetch_add_explicit(&pool->next, many, memory_order_relaxed);
}

/* Wait until all threads are here; then all they wrote is seen by all, and the next phase begins. */
static inline void meet(Pool *pool) {
    unsigned phase = atomic_load_explicit(&pool->phase, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&pool->arrived, 1, memory_order_acq_rel) == pool->threads - 1) {
        atomic_store_explicit(&pool->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
        atomic_store_explicit(&pool->phase, phase + 1, memory_order_release);
        return;
    }
    for (int spins = 0; atomic_load_explicit(&pool->phase, memory_order_acquire) == phase; spins++) {
        if (spins < SPINS) PAUSE();
        else sched_yield();
    }
}

typedef struct {
    Pool *pool;
    int thread;
} Worker;

static void *worker_main(void *argument) {
    Worker worker = *(Worker *)argument;
    free(argument);
    Pool *pool = worker.pool;
    for (unsigned long seen = 0;; seen++) {
        pthread_mutex_lock(&pool->lock);
        while (pool->jobs == seen && !pool->stopping) pthread_cond_wait(&pool->wake, &pool->lock);
        int stopping = pool->stopping;
        pthread_mutex_unlock(&pool->lock);
        if (stopping) return NULL;
        pool->work(pool->task, pool, worker.thread);
    }
}

/* A pool of that many threads, the caller's counted; fewer where the system gives no more. */
static Pool *pool_create(int threads) {
    Pool *pool = aligned_alloc(64, (sizeof(Pool) + 63) / 64 * 64);
    if (!pool) return NULL;
    memset(pool, 0, sizeof *pool);
    pool->workers = calloc((size_t)threads, sizeof *pool->workers);
    pool->threads = 1;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    while (pool->workers && pool->threads < threads) {
        Worker *worker = malloc(sizeof *worker);
        if (!worker) break;
        *worker = (Worker){pool, pool->threads};
        if (pthread_create(&pool->workers[pool->threads], NULL, worker_main, worker)) {
            free(worker);
            break;
        }
        pool->threads++;
    }
    return pool;
}

static void pool_run(Pool *pool, void (*work)(void *, Pool *, int), void *task) {
    pthread_mutex_lock(&pool->lock);
    pool->work = work;
    pool->task = task;
    pool->jobs++;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    work(task, pool, 0);
}

static void pool_destroy(Pool *pool) {
    pthread_mutex_lock(&pool->lock);
    pool->stopping = 1;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (int thread = 1; thread < pool->threads; thread++) pthread_join(pool->workers[thread], NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool);
}

#endif
