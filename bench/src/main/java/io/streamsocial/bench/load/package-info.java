/**
 * Load on a running server: connections that ask and time each answer, closed loop or at a fixed
 * rate, and a server of constant answers to compare with.
 */
@NullMarked
package io.streamsocial.bench.load;

import org.jspecify.annotations.NullMarked;
