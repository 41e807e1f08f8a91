/** HTTP server, API and the command line. */
@NullMarked
package io.streamsocial.http;

import org.jspecify.annotations.NullMarked;
