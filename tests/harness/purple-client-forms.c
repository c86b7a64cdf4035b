/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "harness/purple-client.h"

typedef struct {
	PurpleRequestFields *fields; /* they belong to the user interface */
	PurpleRequestFieldsCb ok;
	PurpleRequestFieldsCb cancel;
	gpointer user_data;
} ClientForm;

static ClientForm *client_form; /* the one that is open, or NULL */

static void
client_form_tell_items(JsonBuilder *builder, PurpleRequestField *field)
{
	json_builder_set_member_name(builder, "items");
	json_builder_begin_array(builder);
	for (GList *l = purple_request_field_list_get_items(field); l != NULL; l = l->next)
		json_builder_add_string_value(builder, l->data);
	json_builder_end_array(builder);
}

static void
client_form_tell_field(JsonBuilder *builder, PurpleRequestField *field)
{
	PurpleRequestFieldType type = purple_request_field_get_type(field);

	json_builder_begin_object(builder);
	client_add(builder, "id", purple_request_field_get_id(field));
	client_add(builder, "label", purple_request_field_get_label(field));
	client_add_int(builder, "type", type);
	if (type == PURPLE_REQUEST_FIELD_STRING)
		client_add(builder, "value", purple_request_field_string_get_value(field));
	if (type == PURPLE_REQUEST_FIELD_BOOLEAN)
		client_add_boolean(builder, "value", purple_request_field_bool_get_value(field));
	if (type == PURPLE_REQUEST_FIELD_LIST)
		client_form_tell_items(builder, field);
	if (type == PURPLE_REQUEST_FIELD_IMAGE) {
		g_autofree char *image = g_base64_encode(
			(const guchar *)purple_request_field_image_get_buffer(field),
			purple_request_field_image_get_size(field));

		client_add(builder, "image", image);
	}
	json_builder_end_object(builder);
}

void *
client_form_open(const char *title, const char *primary, const char *secondary,
                 PurpleRequestFields *fields, const char *ok_text, GCallback ok,
                 const char *cancel_text, GCallback cancel, PurpleAccount *account, const char *who,
                 PurpleConversation *conversation, void *user_data)
{
	JsonBuilder *builder = client_begin("form");

	g_assert_null(client_form);
	client_form = g_new0(ClientForm, 1);
	client_form->fields = fields;
	client_form->ok = (PurpleRequestFieldsCb)ok;
	client_form->cancel = (PurpleRequestFieldsCb)cancel;
	client_form->user_data = user_data;
	client_add(builder, "title", title);
	client_add(builder, "primary", primary);
	client_add(builder, "secondary", secondary);
	json_builder_set_member_name(builder, "fields");
	json_builder_begin_array(builder);
	for (GList *l = purple_request_fields_get_groups(fields); l != NULL; l = l->next) {
		for (GList *f = purple_request_field_group_get_fields(l->data); f != NULL;
		     f = f->next)
			client_form_tell_field(builder, f->data);
	}
	json_builder_end_array(builder);
	client_end(builder);
	return client_form;
}

void
client_form_close(void *ui_handle)
{
	ClientForm *form = ui_handle;

	g_assert_true(form == client_form);
	client_form = NULL;
	purple_request_fields_destroy(form->fields);
	g_free(form);
	client_end(client_begin("form-closed"));
}

static void
client_form_select(PurpleRequestField *field, JsonArray *items)
{
	for (guint i = 0; i < json_array_get_length(items); i++)
		purple_request_field_list_add_selected(field,
		                                       json_array_get_string_element(items, i));
}

static void
client_form_fill_field(JsonObject *object, const char *name, JsonNode *node, gpointer user_data)
{
	PurpleRequestField *field = purple_request_fields_get_field(client_form->fields, name);

	switch (purple_request_field_get_type(field)) {
	case PURPLE_REQUEST_FIELD_STRING:
		purple_request_field_string_set_value(field, json_node_get_string(node));
		break;
	case PURPLE_REQUEST_FIELD_BOOLEAN:
		purple_request_field_bool_set_value(field, json_node_get_boolean(node));
		break;
	case PURPLE_REQUEST_FIELD_CHOICE:
		purple_request_field_choice_set_value(field, (int)json_node_get_int(node));
		break;
	case PURPLE_REQUEST_FIELD_LIST:
		client_form_select(field, json_node_get_array(node));
		break;
	case PURPLE_REQUEST_FIELD_INTEGER:
		purple_request_field_int_set_value(field, (int)json_node_get_int(node));
		break;
	default:
		g_error("cannot fill in %s", name);
	}
}

gboolean
client_form_run(PurpleAccount *account, const char *name, JsonObject *command)
{
	ClientForm *form = client_form;

	if (g_str_equal(name, "fill")) {
		g_assert_nonnull(form);
		json_object_foreach_member(json_object_get_object_member(command, "fields"),
		                           client_form_fill_field, NULL);
		form->ok(form->user_data, form->fields);
	} else if (g_str_equal(name, "cancel")) {
		g_assert_nonnull(form);
		form->cancel(form->user_data, form->fields);
	} else {
		return FALSE;
	}
	if (client_form == form)
		purple_request_close(PURPLE_REQUEST_FIELDS, form);
	return TRUE;
}
