-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Accounts with a password and tokens: PLAIN and SCRAM by password, X-GOOGLE-TOKEN and X-OAUTH2 in
-- the framing of PLAIN, OAUTHBEARER by RFC 7628. What is offered is the switch `mechanisms`.
-- An alias domain has no accounts of its own: it asks those of its canonical domain.

local google = module:require "google";
local sasl = require "util.sasl";
local json = require "util.json";
local base64 = require "util.encodings".base64;
local saslprep = require "util.encodings".stringprep.saslprep;
local storagemanager = require "core.storagemanager";

local host = module.host;
local canonical = google.canonical(host);

-- Opened when first asked for: hosts are activated in no particular order.
local accounts_store;
local function accounts()
	accounts_store = accounts_store or storagemanager.open(canonical, "accounts");
	return accounts_store;
end

local xmlns_sasl = "urn:ietf:params:xml:ns:xmpp-sasl";
local GA = "http://www.google.com/talk/protocol/auth\1";

local function password_of(username)
	return (accounts():get(username) or {}).password;
end

-- Mechanisms. They are registered once for the whole server, whichever host loads first.

local function check_token(self, kind, user, token)
	local username = user and google.username(user);
	local account = username and google.account(username, self.realm);
	if account and account.locked then return "failure", "account-disabled"; end
	local trouble = google.spend_token(account, token, kind);
	if trouble then return nil, trouble; end
	self.username = username;
	return "success";
end

local function plain_framing(kind)
	return function (self, message)
		local _, user, token = (message or ""):match("^([^\0]*)\0([^\0]+)\0([^\0]+)$");
		if not user then return "failure", "malformed-request"; end
		local status, condition = check_token(self, kind, user, token);
		if status then return status, condition; end
		return "failure", "not-authorized";
	end
end

local function bearer_failure(self, status)
	self.bearer_failed = true;
	return "challenge", json.encode({
		status = status; scope = google.scope;
		["openid-configuration"] = "https://"..self.realm.."/.well-known/openid-configuration";
	});
end

-- n,a=ann@talk.example, ^A key=value ^A ... ^A ^A
local function oauthbearer(self, message)
	if self.bearer_failed then
		-- RFC 7628 section 3.2.3: the client's answer is one ^A, then comes the failure
		if message ~= "\1" then return "failure", "malformed-request"; end
		return "failure", "not-authorized";
	end
	local header, pairs_text = (message or ""):match("^([^\1]*)\1(.*)\1$");
	if not header then return "failure", "malformed-request"; end
	local user = header:match("^n,a=([^,]*),$");
	if not user then return "failure", "malformed-request"; end
	local token = ("\1"..pairs_text):match("\1auth=[Bb]earer +([^\1]+)\1");
	if not token then return bearer_failure(self, "invalid_request"); end
	local status, condition = check_token(self, "oauth", user, token);
	if status then return status, condition; end
	return bearer_failure(self, condition);
end

local registered = module:shared("/*/google/mechanisms");
if not registered.done then
	sasl.registerMechanism("X-GOOGLE-TOKEN", { "google_token" }, plain_framing("google"));
	sasl.registerMechanism("X-OAUTH2", { "google_token" }, plain_framing("oauth"));
	sasl.registerMechanism("OAUTHBEARER", { "google_token" }, oauthbearer);
	registered.done = true;
end

-- The provider

local provider = {};

function provider.test_password(username, password)
	local known = password_of(username);
	if known and known == saslprep(password) then return true; end
	return nil, "Auth failed. Invalid username or password.";
end

function provider.get_password(username)
	return password_of(username);
end

function provider.set_password(username, password)
	if not accounts():get(username) then return nil, "Account not available."; end
	return accounts():set(username, { password = saslprep(password) });
end

function provider.user_exists(username)
	if host ~= canonical then return nil, "An alias has no accounts of its own."; end
	if accounts():get(username) then return true; end
	return nil, "Auth failed. Invalid username";
end

function provider.users()
	return accounts():users();
end

function provider.create_user(username, password)
	return accounts():set(username, { password = saslprep(password) });
end

function provider.delete_user(username)
	return accounts():set(username, nil);
end

function provider.get_sasl_handler()
	local offered = {};
	for _, name in ipairs(google.switch(host, "mechanisms")) do offered[name] = true; end
	return sasl.new(host, {
		mechanisms = offered;
		nodeprep = google.username;
		google_token = true;
		plain = function (_, username)
			local account = google.account(username, host);
			local password = password_of(username);
			if account and account.locked then return password or "", false; end
			if not password then return "", nil; end
			return password, true;
		end;
	});
end

module:provides("auth", provider);

-- Around <auth/>: the two attributes, the record of what was seen, and the end after failures.

local function refuse(session, entry, condition)
	entry.outcome = condition;
	session.send("<failure xmlns='"..xmlns_sasl.."'><"..condition.."/></failure>");
	module:fire_event("authentication-failure", { session = session, condition = condition });
	return true;
end

module:hook("stanza/"..xmlns_sasl..":auth", function (event)
	local session, attr = event.origin, event.stanza.attr;
	local promise = attr[GA.."client-uses-full-bind-result"];
	local entry = google.record_auth({
		domain = host; mechanism = attr.mechanism; secure = session.secure and true or false;
		full_bind_result = promise; service = attr[GA.."service"];
		non_google = attr[GA.."allow-non-google-login"];
		message = base64.decode(event.stanza[1] or ""); outcome = "pending";
	});
	session.google_auth = entry;
	if promise and google.switch(host, "dislike-ga") then
		return refuse(session, entry, "malformed-request");
	end
	if host ~= canonical and promise ~= "true" and google.switch(host, "require-ga") then
		return refuse(session, entry, "not-authorized");
	end
end, 100);

module:hook("authentication-success", function (event)
	if event.session.google_auth then event.session.google_auth.outcome = "success"; end
end);

module:hook("authentication-failure", function (event)
	local session = event.session;
	if session.google_auth then session.google_auth.outcome = event.condition; end
	session.google_failures = (session.google_failures or 0) + 1;
	local allowed = google.switch(host, "auth-attempts");
	if allowed == 0 or session.google_failures < allowed then return; end
	-- the <failure/> goes out after this event: close behind it
	module:add_timer(0, function ()
		if not session.destroyed then session:close(); end
	end);
end);
