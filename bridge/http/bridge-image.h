/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * bridge-image.h: what kind of picture some octets are, whatever their sender says: only kinds that
 * a browser does nothing with but show them. Pure. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* (nullable): its media type: image/png, image/jpeg, image/gif or image/webp; static */
const char *
bridge_image_find_type(GBytes *image);

G_END_DECLS
