// Written by `npm run api` from app/openapi.json.

export interface paths {
    "/api/v1/audit-events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The audit trail of the organisation, newest first, as far back as the plan shows it. For owners
         *     and admins.
         */
        get: operations["listAuditEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign in with a password. Limited to a number of attempts for each address. */
        post: operations["signIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End the session. */
        post: operations["signOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/switch-organization": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go on in another organisation. The session gets another token. */
        post: operations["switchOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/license": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tier, seats and term, and what applies now. For owners and admins. */
        get: operations["getLicense"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in, and where. */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change one's name. */
        patch: operations["updateMe"];
        trace?: never;
    };
    "/api/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Change one's password. Every other device is signed out; this session gets another token. */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The devices that one is signed in on, the last used first. */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions/revoke-others": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign every other device out. */
        post: operations["revokeOtherSessions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions/{sessionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Sign one device out. */
        delete: operations["revokeSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/meta": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The product, its version, and whether it is set up. */
        get: operations["getMeta"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make the first organisation with a setup link, and sign its owner in. */
        post: operations["setUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Whether a setup link still works. */
        post: operations["checkSetupToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vaults": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The vaults that the caller has a role in, newest first. */
        get: operations["listVaults"];
        put?: never;
        /** Make a vault. The caller becomes its owner. */
        post: operations["createVault"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vaults/{vaultId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One vault. */
        get: operations["getVault"];
        put?: never;
        post?: never;
        /** Delete a vault and everything in it. For its owner. */
        delete: operations["deleteVault"];
        options?: never;
        head?: never;
        /** Rename a vault or describe it anew. For its owner. */
        patch: operations["updateVault"];
        trace?: never;
    };
    "/api/v1/vaults/{vaultId}/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The secrets of a vault, newest first, without what makes them secret. */
        get: operations["listSecrets"];
        put?: never;
        /** Store a secret. For editors and above. */
        post: operations["createSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vaults/{vaultId}/secrets/{secretId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One secret, without what makes it secret. */
        get: operations["getSecret"];
        put?: never;
        post?: never;
        /** Delete a secret and its key. For admins and above. */
        delete: operations["deleteSecret"];
        options?: never;
        head?: never;
        /** Change a secret. For editors and above. */
        patch: operations["updateSecret"];
        trace?: never;
    };
    "/api/v1/vaults/{vaultId}/secrets/{secretId}/reveal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Show what makes a secret secret. The trail records it first. */
        post: operations["revealSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Who did it, as the trail shows it. */
        AuditActor: {
            /** @description The account. */
            id: components["schemas"]["UserId"];
            /** @description The person's name today; null when the account is gone. */
            name?: string | null;
        };
        /** @description One entry as the trail shows it. */
        AuditEvent: {
            /** @description What. */
            action: string;
            actor?: components["schemas"]["AuditActor"] | null;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description How they came in and from where. */
            circumstances: Record<string, never>;
            /** @description More words. */
            detail: Record<string, never>;
            /** @description The entry. */
            id: components["schemas"]["AuditEventId"];
            resource?: components["schemas"]["AuditResource"] | null;
            /**
             * Format: int64
             * @description Its number in the organisation; gaps do not happen.
             */
            seq: number;
        };
        /**
         * Format: uuid
         * @description One entry of the audit trail.
         */
        AuditEventId: string;
        /** @description What it was done to, as the trail shows it. */
        AuditResource: {
            /**
             * Format: uuid
             * @description Which one.
             */
            id: string;
            /** @description The kind. */
            type: string;
        };
        /** @description The password of today and that of tomorrow. */
        ChangePassword: {
            /** Format: password */
            currentPassword: string;
            /**
             * Format: password
             * @description At least 12 characters.
             */
            newPassword: string;
        };
        /** @description A field of the operator's own. */
        CustomField: {
            /** @description Whether a form hides it. */
            hidden?: boolean;
            /** @description What it is called. */
            label: string;
            /** @description What it holds. */
            value: string;
        };
        /** @description What is wrong with one field of a request. */
        FieldProblem: {
            /** @description What it must be. */
            message: string;
            /** @description The field, as the request names it. */
            name: string;
        };
        /** @description What the owners and admins of an organisation see, and the admin plane. */
        License: {
            /**
             * Format: int32
             * @description For how many days back audit trails are shown; null for ever.
             */
            auditDays?: number | null;
            /** @description To whom it was issued. */
            customer?: string | null;
            /**
             * Format: int32
             * @description Whole days until the term ends or, in grace, until the licence lapses.
             */
            daysLeft?: number | null;
            /** @description The tier whose limits apply now; another than `tier` when the licence is not honoured. */
            effectiveTier: string;
            /**
             * Format: date-time
             * @description When its term ends.
             */
            expires?: string | null;
            /** @description The features that are granted now. */
            features: string[];
            /**
             * Format: date-time
             * @description Until when it is honoured in full.
             */
            graceEnds?: string | null;
            /**
             * Format: date-time
             * @description When its term begins.
             */
            notBefore?: string | null;
            /**
             * Format: int32
             * @description How many people may be members now; null for any number.
             */
            seats?: number | null;
            /**
             * Format: int32
             * @description How many were bought.
             */
            seatsBought?: number | null;
            /**
             * Format: int32
             * @description How many people are members, over all organisations.
             */
            seatsUsed: number;
            /**
             * @description `valid`, `grace`, `lapsed`, `not-yet-valid`, `wrong-host`, or `unlicensed`: in development,
             *     and where entitlements do not come from a licence.
             */
            standing: string;
            /** @description What was bought. */
            tier: string;
        };
        /** @description Who is signed in, and where. */
        Me: {
            /** @description The organisation they act in. */
            organization: components["schemas"]["Organization"];
            /** @description Everywhere that they may go. */
            organizations: components["schemas"]["OwnOrganization"][];
            /** @description What they are there. */
            role: components["schemas"]["OrgRole"];
            /** @description How they stand with second factors. */
            secondFactor: components["schemas"]["SecondFactor"];
            /** @description The person. */
            user: components["schemas"]["User"];
        };
        /** @description What the portal needs to know before anybody is signed in. */
        Meta: {
            /** @description Whose keys this build trusts: `vendor`, `development` or `absent`. */
            keys: string;
            /** @description Always `VaultTerm`. */
            product: string;
            /** @description Whether the first organisation is still to be made. */
            setupRequired: boolean;
            /** @description The version. */
            version: string;
        };
        /** @description A secret to be stored. */
        NewSecret: {
            /** @description Fields of your own, at most 50. */
            customFields?: components["schemas"]["CustomField"][] | null;
            /** @description 1 to 200 characters. */
            name: string;
            /** @description Anything more. */
            notes?: string | null;
            /**
             * Format: password
             * @description The password.
             */
            password: string;
            /** @description What kind it is. */
            type: components["schemas"]["SecretType"];
            /** @description Where. */
            url?: string | null;
            /** @description With whom to sign in. */
            username?: string | null;
        };
        /** @description A vault to be made. */
        NewVault: {
            /** @description At most 1000 characters. */
            description?: string;
            /** @description 1 to 120 characters. */
            name: string;
        };
        /**
         * Format: uuid
         * @description An organisation: the tenant.
         */
        OrgId: string;
        /**
         * @description What a person is in an organisation.
         * @enum {string}
         */
        OrgRole: "member" | "admin" | "owner";
        /** @description An organisation. */
        Organization: {
            /** @description Its id. */
            id: components["schemas"]["OrgId"];
            /** @description Its name. */
            name: string;
        };
        /** @description An organisation that somebody belongs to. */
        OwnOrganization: {
            /** @description Its id. */
            id: components["schemas"]["OrgId"];
            /** @description Its name. */
            name: string;
            /** @description What they are there. */
            role: components["schemas"]["OrgRole"];
        };
        /** @description One page of a list. */
        Page_AuditEvent: {
            /** @description The items, newest first. */
            items: {
                /** @description What. */
                action: string;
                actor?: components["schemas"]["AuditActor"] | null;
                /**
                 * Format: date-time
                 * @description When.
                 */
                at: string;
                /** @description How they came in and from where. */
                circumstances: Record<string, never>;
                /** @description More words. */
                detail: Record<string, never>;
                /** @description The entry. */
                id: components["schemas"]["AuditEventId"];
                resource?: components["schemas"]["AuditResource"] | null;
                /**
                 * Format: int64
                 * @description Its number in the organisation; gaps do not happen.
                 */
                seq: number;
            }[];
            /** @description Where the next page begins; null on the last. */
            nextCursor?: string | null;
        };
        /** @description One page of a list. */
        Page_SecretSummary: {
            /** @description The items, newest first. */
            items: {
                /**
                 * Format: date-time
                 * @description Since when.
                 */
                createdAt: string;
                /** @description Its id. */
                id: components["schemas"]["SecretId"];
                /** @description Its name. */
                name: string;
                /** @description What kind it is. */
                type: components["schemas"]["SecretType"];
                /**
                 * Format: date-time
                 * @description Its last change.
                 */
                updatedAt: string;
                updatedBy?: components["schemas"]["Person"] | null;
                /** @description Where. */
                url: string;
                /** @description With whom to sign in. */
                username: string;
                /** @description The vault it is in. */
                vaultId: components["schemas"]["VaultId"];
                /**
                 * Format: int32
                 * @description Rises with every change.
                 */
                version: number;
            }[];
            /** @description Where the next page begins; null on the last. */
            nextCursor?: string | null;
        };
        /** @description One page of a list. */
        Page_Vault: {
            /** @description The items, newest first. */
            items: {
                /**
                 * Format: date-time
                 * @description Since when.
                 */
                createdAt: string;
                /** @description What it is for. */
                description: string;
                /** @description Its id. */
                id: components["schemas"]["VaultId"];
                /** @description Its name. */
                name: string;
                /** @description What the caller may do in it. */
                role: components["schemas"]["VaultRole"];
                /**
                 * Format: int64
                 * @description How many secrets it holds.
                 */
                secretCount: number;
                /**
                 * Format: date-time
                 * @description Its last change.
                 */
                updatedAt: string;
            }[];
            /** @description Where the next page begins; null on the last. */
            nextCursor?: string | null;
        };
        /** @description A person who changed something. */
        Person: {
            /** @description The account. */
            id: components["schemas"]["UserId"];
            /** @description The person's name. */
            name: string;
        };
        /** @description The body of every error answer (RFC 9457, `application/problem+json`). */
        ProblemBody: {
            /** @description The last part of the type, for programs. */
            code: string;
            /** @description What happened and what to do. */
            detail: string;
            /** @description Which fields of the request are wrong. */
            fields?: components["schemas"]["FieldProblem"][];
            /** @description What to tell the operator, to find it in the log. */
            requestId: string;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The kind in a few words. */
            title: string;
            /** @description A URN that names the kind of problem. */
            type: string;
        };
        /** @description The part that only a reveal shows: sealed together. */
        RevealedSecret: {
            customFields: components["schemas"]["CustomField"][];
            notes: string;
            password: string;
        };
        /** @description How somebody stands with second factors. */
        SecondFactor: {
            /** @description Whether they have one. */
            enrolled: boolean;
            /** @description Whether that time is over: then nothing but setting one up is allowed. */
            mustEnrol: boolean;
            /**
             * Format: date-time
             * @description Until when they may go without; null when they may for good, or have one.
             */
            requiredFrom: string | null;
        };
        /** @description What is to be changed of a secret. */
        SecretChange: {
            /** @description New fields of your own, in place of all there were. */
            customFields?: components["schemas"]["CustomField"][] | null;
            /** @description A new name. */
            name?: string | null;
            /** @description New notes. */
            notes?: string | null;
            /**
             * Format: password
             * @description A new password.
             */
            password?: string | null;
            /** @description A new address. */
            url?: string | null;
            /** @description A new user name. */
            username?: string | null;
            /**
             * Format: int32
             * @description The version that the change was made from.
             */
            version: number;
        };
        /**
         * Format: uuid
         * @description A secret in a vault.
         */
        SecretId: string;
        /** @description What a list shows of a secret. Nothing here is what makes it secret. */
        SecretSummary: {
            /**
             * Format: date-time
             * @description Since when.
             */
            createdAt: string;
            /** @description Its id. */
            id: components["schemas"]["SecretId"];
            /** @description Its name. */
            name: string;
            /** @description What kind it is. */
            type: components["schemas"]["SecretType"];
            /**
             * Format: date-time
             * @description Its last change.
             */
            updatedAt: string;
            updatedBy?: components["schemas"]["Person"] | null;
            /** @description Where. */
            url: string;
            /** @description With whom to sign in. */
            username: string;
            /** @description The vault it is in. */
            vaultId: components["schemas"]["VaultId"];
            /**
             * Format: int32
             * @description Rises with every change.
             */
            version: number;
        };
        /**
         * @description The types of secrets.
         * @enum {string}
         */
        SecretType: "PASSWORD";
        /** @description One device that somebody is signed in on. */
        Session: {
            /** @description The address that it began from. */
            address: string;
            /**
             * Format: date-time
             * @description When it began.
             */
            createdAt: string;
            /** @description Whether it is the one that asks. */
            current: boolean;
            /** @description What was shown: `password`, `totp`, `passkey` and so on. */
            factors: string[];
            /** @description Which. */
            id: components["schemas"]["SessionId"];
            /**
             * Format: date-time
             * @description When it was last used.
             */
            lastSeenAt: string;
            /** @description What the browser calls itself. */
            userAgent: string;
        };
        /**
         * Format: uuid
         * @description A session; the token that opens it is another thing.
         */
        SessionId: string;
        /** @description The devices that somebody is signed in on, the last used first. */
        SessionList: {
            /** @description The devices. */
            items: components["schemas"]["Session"][];
        };
        /** @description The first organisation and its owner. */
        SetupRequest: {
            /** @description The address the owner signs in with. */
            email: string;
            /** @description The owner's name. */
            name: string;
            /** @description What the organisation is called. */
            organizationName: string;
            /**
             * Format: password
             * @description The owner's password, at least 12 characters.
             */
            password: string;
            /** @description From the setup link. */
            token: string;
        };
        /** @description An address and a password. */
        SignIn: {
            email: string;
            /** Format: password */
            password: string;
        };
        /** @description What came of a sign-in. */
        SignedIn: {
            /** @enum {string} */
            kind: "signed-in";
            /** @description Who, and where. */
            me: components["schemas"]["Me"];
        };
        /** @description The organisation to go on in. */
        Switch: {
            organizationId: components["schemas"]["OrgId"];
        };
        /** @description The token of a setup link. */
        Token: {
            token: string;
        };
        /** @description What a person may change about themselves. */
        UpdateMe: {
            name: string;
        };
        /** @description A person. */
        User: {
            /** @description The address they sign in with. */
            email: string;
            /** @description The account. */
            id: components["schemas"]["UserId"];
            /** @description The person's name. */
            name: string;
        };
        /**
         * Format: uuid
         * @description A person's account.
         */
        UserId: string;
        /** @description A vault, as somebody with a role in it sees it. */
        Vault: {
            /**
             * Format: date-time
             * @description Since when.
             */
            createdAt: string;
            /** @description What it is for. */
            description: string;
            /** @description Its id. */
            id: components["schemas"]["VaultId"];
            /** @description Its name. */
            name: string;
            /** @description What the caller may do in it. */
            role: components["schemas"]["VaultRole"];
            /**
             * Format: int64
             * @description How many secrets it holds.
             */
            secretCount: number;
            /**
             * Format: date-time
             * @description Its last change.
             */
            updatedAt: string;
        };
        /** @description What is to be changed of a vault. */
        VaultChange: {
            /** @description A new description. */
            description?: string | null;
            /** @description A new name. */
            name?: string | null;
        };
        /**
         * Format: uuid
         * @description A vault.
         */
        VaultId: string;
        /**
         * @description What a person may do in a vault. Strictly ordered.
         * @enum {string}
         */
        VaultRole: "VIEWER" | "EDITOR" | "ADMIN" | "OWNER";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listAuditEvents: {
        parameters: {
            query?: {
                /** @description The `nextCursor` of the page before. */
                cursor?: string;
                /** @description How many items, 1 to 100; 50 when left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_AuditEvent"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    switchOrganization: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Switch"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    getLicense: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["License"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    updateMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateMe"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangePassword"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    listSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionList"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    revokeOtherSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    revokeSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["schemas"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    getMeta: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Meta"];
                };
            };
        };
    };
    setUp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetupRequest"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    checkSetupToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Token"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    listVaults: {
        parameters: {
            query?: {
                /** @description The `nextCursor` of the page before. */
                cursor?: string;
                /** @description How many items, 1 to 100; 50 when left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Vault"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    createVault: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewVault"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vault"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    getVault: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vaultId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vault"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    deleteVault: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vaultId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    updateVault: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vaultId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VaultChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vault"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    listSecrets: {
        parameters: {
            query?: {
                /** @description The `nextCursor` of the page before. */
                cursor?: string;
                /** @description How many items, 1 to 100; 50 when left out. */
                limit?: number;
            };
            header?: never;
            path: {
                vaultId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_SecretSummary"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    createSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vaultId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSecret"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretSummary"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    getSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vaultId: string;
                secretId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretSummary"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    deleteSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vaultId: string;
                secretId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    updateSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vaultId: string;
                secretId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SecretChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretSummary"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    revealSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vaultId: string;
                secretId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevealedSecret"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
}
