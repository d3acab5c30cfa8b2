/* Threads that go through the phases of a job together.
 *
 * A phase is over when all its items are done, whoever did them. A thread that has lost its core to another program
 * holds up the others only if it has taken an item; when it is back, it goes on with the phase in which the others are
 * by then. Phases are microseconds apart, so a thread that waits for the end of one spins; if that takes long it
 * sleeps, so that the thread it waits for can have its core. Between jobs all sleep. */
#ifndef AURAX_POOL_H
#define AURAX_POOL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#define PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define PAUSE() __asm__ volatile("yield")
#else
#define PAUSE() ((void)0)
#endif

/* Some tens of microseconds. */
#define SPINS 1000

typedef struct Worker Worker;

typedef struct {
    int threads;
    pthread_t *others;
    _Alignas(64) atomic_ullong ticket; /* the phase, and in the low half its first item that nobody has taken */
    _Alignas(64) atomic_llong done;    /* items of the phase */
    _Alignas(64) atomic_int sleepers;  /* who wait for the next phase */
    atomic_int busy;                   /* other threads at work on the job */
    pthread_mutex_t lock;
    pthread_cond_t wake, met, left;
    /* The job; under the lock. */
    void (*work)(void *task, Worker *worker);
    void *task;
    uint32_t first_phase;
    unsigned long jobs;
    int open, stopping;
} Pool;

struct Worker {
    Pool *pool;
    int thread;
    uint32_t phase;
    long held; /* items taken and not yet said to be done */
};

static inline uint32_t phase_of(unsigned long long ticket) { return (uint32_t)(ticket >> 32); }

static inline void next_phase(Pool *pool, uint32_t phase) {
    atomic_store_explicit(&pool->done, 0, memory_order_relaxed);
    /* Either this sees the sleeper, or the sleeper sees the new phase. */
    atomic_store(&pool->ticket, (unsigned long long)(uint32_t)(phase + 1) << 32);
    if (atomic_load(&pool->sleepers)) {
        pthread_mutex_lock(&pool->lock);
        pthread_cond_broadcast(&pool->met);
        pthread_mutex_unlock(&pool->lock);
    }
}

/* Say that the items taken before are done, and take the next: the first of up to `many`, or -1 when none are left. A
 * phase has at least one item, and all threads name the same `count`. */
static inline long take(Worker *worker, long count, long many) {
    Pool *pool = worker->pool;
    if (worker->held) {
        long held = worker->held;
        worker->held = 0;
        if (atomic_fetch_add_explicit(&pool->done, held, memory_order_acq_rel) + held == count)
            next_phase(pool, worker->phase);
    }
    unsigned long long ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
    for (;;) {
        long next = (long)(uint32_t)ticket;
        if (phase_of(ticket) != worker->phase || next >= count) return -1;
        if (many > count - next) many = count - next;
        if (atomic_compare_exchange_weak_explicit(&pool->ticket, &ticket, ticket + (unsigned long long)many,
                                                  memory_order_acquire, memory_order_acquire)) {
            worker->held = many;
            return next;
        }
    }
}

/* Wait for the end of the phase; then all that was written in it is seen. */
static inline void meet(Worker *worker) {
    Pool *pool = worker->pool;
    uint32_t phase = worker->phase++;
    for (int spins = 0; spins < SPINS; spins++) {
        if (phase_of(atomic_load_explicit(&pool->ticket, memory_order_acquire)) != phase) return;
        PAUSE();
    }
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->sleepers, 1);
    while (phase_of(atomic_load(&pool->ticket)) == phase) pthread_cond_wait(&pool->met, &pool->lock);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->lock);
}

static void *worker_main(void *argument) {
    Worker worker = *(Worker *)argument;
    free(argument);
    Pool *pool = worker.pool;
    unsigned long seen = 0;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->stopping && !(pool->open && pool->jobs != seen)) pthread_cond_wait(&pool->wake, &pool->lock);
        if (pool->stopping) break;
        seen = pool->jobs;
        worker.phase = pool->first_phase;
        atomic_fetch_add(&pool->busy, 1);
        pthread_mutex_unlock(&pool->lock);
        pool->work(pool->task, &worker);
        pthread_mutex_lock(&pool->lock);
        if (atomic_fetch_sub(&pool->busy, 1) == 1) pthread_cond_signal(&pool->left);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* A pool of that many threads, the caller's counted; fewer where the system gives no more. */
static Pool *pool_create(int threads) {
    Pool *pool = aligned_alloc(64, (sizeof(Pool) + 63) / 64 * 64);
    if (!pool) return NULL;
    memset(pool, 0, sizeof *pool);
    pool->others = calloc((size_t)threads, sizeof *pool->others);
    pool->threads = 1;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->met, NULL);
    pthread_cond_init(&pool->left, NULL);
    while (pool->others && pool->threads < threads) {
        Worker *worker = malloc(sizeof *worker);
        if (!worker) break;
        *worker = (Worker){pool, pool->threads, 0, 0};
        if (pthread_create(&pool->others[pool->threads], NULL, worker_main, worker)) {
            free(worker);
            break;
        }
        pool->threads++;
    }
    return pool;
}

/* Do a job with all threads. When this returns, none of them looks at the task any more. */
static void pool_run(Pool *pool, void (*work)(void *, Worker *), void *task) {
    Worker worker = {pool, 0, phase_of(atomic_load(&pool->ticket)), 0};
    pthread_mutex_lock(&pool->lock);
    pool->work = work;
    pool->task = task;
    pool->first_phase = worker.phase;
    pool->jobs++;
    pool->open = 1;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    work(task, &worker);
    for (int spins = 0; spins < SPINS && atomic_load(&pool->busy); spins++) PAUSE();
    pthread_mutex_lock(&pool->lock);
    pool->open = 0;
    while (atomic_load(&pool->busy)) pthread_cond_wait(&pool->left, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

static void pool_destroy(Pool *pool) {
    pthread_mutex_lock(&pool->lock);
    pool->stopping = 1;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (int thread = 1; thread < pool->threads; thread++) pthread_join(pool->others[thread], NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->met);
    pthread_cond_destroy(&pool->left);
    pthread_mutex_destroy(&pool->lock);
    free(pool->others);
    free(pool);
}

#endif
