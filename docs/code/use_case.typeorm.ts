import { DataSource } from "typeorm";
import { AuditEvent, Case } from "./entities";

export const submitCase = (source: DataSource, caseId: string, actor: string) =>
  source.transaction(async (manager) => {
    const found = await manager.findOneByOrFail(Case, { id: caseId });
    if (found.status !== "DRAFT") throw new Error(`${caseId} is ${found.status}`);
    found.status = "SUBMITTED";
    await manager.save(found);
    await manager.save(manager.create(AuditEvent, { caseId, actor, eventType: "case_submitted" }));
  });

export const firstPage = (source: DataSource) =>
  source.manager.find(Case, {
    order: { id: "ASC" },
    take: 10,
    relations: { notes: true },
    relationLoadStrategy: "query", // a second SELECT, as selectinload does
  });
