/**
 * Secrets and limits: tokens by scope, TLS in both directions, the secret between instances, rates
 * and connections by address, allowed origins. Files are read again when they change; a file that
 * cannot be used leaves the last good one in force.
 *
 * <p>It holds credentials and compares them. Which path needs which access is decided in {@code
 * net}, by the access that a resource names.
 */
@NullMarked
package io.streamsocial.http.auth;

import org.jspecify.annotations.NullMarked;
