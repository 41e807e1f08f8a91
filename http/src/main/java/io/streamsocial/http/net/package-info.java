/** From a connection to an endpoint: decoding, limits, admission, dispatch. */
@NullMarked
package io.streamsocial.http.net;

import org.jspecify.annotations.NullMarked;
