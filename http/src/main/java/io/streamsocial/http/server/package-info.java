/** The server as a whole: options, pages, metrics. */
@NullMarked
package io.streamsocial.http.server;

import org.jspecify.annotations.NullMarked;
