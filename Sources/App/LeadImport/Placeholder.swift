// LeadImport
