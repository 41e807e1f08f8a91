/** The identity and the rights of callers: tokens, TLS, the peers' secret. */
@NullMarked
package io.streamsocial.http.auth;

import org.jspecify.annotations.NullMarked;
