/** Trends that are pushed: server-sent events and WebSockets. */
@NullMarked
package io.streamsocial.http.live;

import org.jspecify.annotations.NullMarked;
