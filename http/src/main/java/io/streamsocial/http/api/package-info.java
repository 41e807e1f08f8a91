/** The endpoints of the API. */
@NullMarked
package io.streamsocial.http.api;

import org.jspecify.annotations.NullMarked;
