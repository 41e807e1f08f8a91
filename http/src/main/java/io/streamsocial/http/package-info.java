/** The server's words: request, response, endpoint, parameter, problem. */
@NullMarked
package io.streamsocial.http;

import org.jspecify.annotations.NullMarked;
