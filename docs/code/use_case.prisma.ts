import { PrismaClient } from "@prisma/client";

const prisma = new PrismaClient();

export const submitCase = (caseId: string, actor: string) =>
  prisma.$transaction(async (tx) => {
    const found = await tx.case.findUniqueOrThrow({ where: { id: caseId } });
    if (found.status !== "DRAFT") throw new Error(`${caseId} is ${found.status}`);
    await tx.case.update({ where: { id: caseId }, data: { status: "SUBMITTED" } });
    await tx.auditEvent.create({ data: { caseId, actor, eventType: "case_submitted" } });
  });

export const firstPage = () =>
  prisma.case.findMany({ orderBy: { id: "asc" }, take: 10, include: { notes: true } });
