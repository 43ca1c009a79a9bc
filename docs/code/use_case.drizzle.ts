import { eq } from "drizzle-orm";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import * as schema from "./schema";

type Database = NodePgDatabase<typeof schema>;

export const submitCase = (db: Database, caseId: string, actor: string) =>
  db.transaction(async (tx) => {
    const [found] = await tx.select().from(schema.cases).where(eq(schema.cases.id, caseId));
    if (found?.status !== "DRAFT") throw new Error(`${caseId} is ${found?.status}`);
    await tx.update(schema.cases).set({ status: "SUBMITTED" }).where(eq(schema.cases.id, caseId));
    await tx.insert(schema.auditEvents).values({ caseId, actor, eventType: "case_submitted" });
  });

export const firstPage = (db: Database) =>
  db.query.cases.findMany({
    orderBy: (cases, { asc }) => [asc(cases.id)],
    limit: 10,
    with: { notes: true },
  });
