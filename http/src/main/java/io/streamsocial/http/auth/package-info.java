/** Who may ask: tokens, TLS, the peers' secret, rates. */
@NullMarked
package io.streamsocial.http.auth;

import org.jspecify.annotations.NullMarked;
