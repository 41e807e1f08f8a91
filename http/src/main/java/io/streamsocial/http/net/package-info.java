/**
 * From a connection to the endpoint that answers: Netty's pipeline, a strict decoder, limits of
 * size and time, admission by token, host and rate, and the dispatch by path and method. Everything
 * runs on event loops and never blocks.
 *
 * <p>It knows no path of its own: the route table comes from {@code api} and {@code server}.
 */
@NullMarked
package io.streamsocial.http.net;

import org.jspecify.annotations.NullMarked;
