/**
 * The instances among themselves: which of them can answer for a partition, the gathering of parts
 * under one deadline with hedges and retries, the exchange of statuses, circuit breakers, and the
 * messages that carry questions and their parts. {@link io.streamsocial.http.peers.Router} is the
 * entrance for endpoints.
 *
 * <p>Parts are collected here and merged in the engine's {@code trends}; answers to clients are
 * encoded in {@code api}.
 */
@NullMarked
package io.streamsocial.http.peers;

import org.jspecify.annotations.NullMarked;
