/**
 * Trends that are pushed, over WebSockets and server-sent events: each question is asked and
 * encoded once a second, however many clients follow it, and a slow client gets only the newest
 * message.
 *
 * <p>The answers are those of {@code api}; connections begin as requests in {@code net} and are
 * taken over from there.
 */
@NullMarked
package io.streamsocial.http.live;

import org.jspecify.annotations.NullMarked;
