import Days
import Testing

/// The reference leaves and roots of the certificate-transparency project's test suite for RFC 6962.
struct MerkleTreeTests {
    static let inputs = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ].map(bytes)
    static let leaves = inputs.map { MerkleTree.leaf($0) }
    static let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    static func bytes(_ hex: String) -> [UInt8] {
        stride(from: 0, to: hex.count, by: 2).map { at in
            UInt8(hex.dropFirst(at).prefix(2), radix: 16)!
        }
    }

    @Test func emptyTreeIsTheHashOfNothing() {
        #expect(
            Hexadecimal.text(MerkleTree.root(ofLeaves: []))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test(arguments: 1...8) func rootsAreTheReferenceOnes(count: Int) {
        #expect(Hexadecimal.text(MerkleTree.root(ofLeaves: Array(Self.leaves.prefix(count)))) == Self.roots[count - 1])
        var builder = MerkleRootBuilder()
        for input in Self.inputs.prefix(count) { builder.append(input) }
        #expect(Hexadecimal.text(builder.root) == Self.roots[count - 1])
    }

    @Test func referenceInclusionProof() {
        // Leaf 5 (counted from 0) of the tree of eight, as in the reference suite.
        let proof = MerkleTree.inclusionProof(ofLeaf: 5, in: Self.leaves)?.map { Hexadecimal.text($0) }
        #expect(
            proof == [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ])
    }

    @Test func everyInclusionProofHoldsAndNoOther() throws {
        let data = (0..<33).map { MerkleTree.leaf([UInt8($0)]) }
        for count in 1...33 {
            let leaves = Array(data.prefix(count))
            let root = MerkleTree.root(ofLeaves: leaves)
            for index in 0..<count {
                let proof = try #require(MerkleTree.inclusionProof(ofLeaf: index, in: leaves))
                func holds(_ leaf: [UInt8], _ index: Int, _ proof: [[UInt8]]) -> Bool {
                    MerkleTree.verifyInclusion(leafHash: leaf, index: index, count: count, proof: proof, root: root)
                }
                #expect(holds(leaves[index], index, proof))
                #expect(!holds(MerkleTree.leaf([255]), index, proof))
                #expect(!holds(leaves[index], index, proof + [root]))
                if !proof.isEmpty { #expect(!holds(leaves[index], index, Array(proof.dropLast()))) }
                if count > 1 { #expect(!holds(leaves[index], (index + 1) % count, proof)) }
            }
        }
        #expect(MerkleTree.inclusionProof(ofLeaf: 8, in: Self.leaves) == nil)
    }

    @Test func everyConsistencyProofHoldsAndNoOther() throws {
        let data = (0..<20).map { MerkleTree.leaf([UInt8($0)]) }
        for new in 1...20 {
            let leaves = Array(data.prefix(new))
            let newRoot = MerkleTree.root(ofLeaves: leaves)
            for old in 1...new {
                let oldRoot = MerkleTree.root(ofLeaves: Array(data.prefix(old)))
                let proof = try #require(MerkleTree.consistencyProof(from: old, in: leaves))
                func holds(_ oldRoot: [UInt8], _ newRoot: [UInt8], _ proof: [[UInt8]]) -> Bool {
                    MerkleTree.verifyConsistency(
                        oldCount: old, oldRoot: oldRoot, newCount: new, newRoot: newRoot, proof: proof)
                }
                #expect(holds(oldRoot, newRoot, proof))
                #expect(!holds(MerkleTree.leaf([9, 9]), newRoot, proof))
                #expect(!holds(oldRoot, MerkleTree.leaf([9, 9]), proof))
                if !proof.isEmpty { #expect(!holds(oldRoot, newRoot, Array(proof.dropLast()))) }
            }
        }
    }
}
