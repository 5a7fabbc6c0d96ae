import Testing

@testable import Kernel

@Suite struct CursorPositionTests {
  @Test func positionsCountScalars() {
    #expect(CursorPosition.scalars(3, in: "🎈ab") == 3)
    #expect(CursorPosition.scalars(1, in: "e\u{301}x") == 1)
  }

  @Test func positionsOutsideAreBroughtToAnEnd() {
    #expect(CursorPosition.scalars(-5, in: "abc") == 0)
    #expect(CursorPosition.scalars(.max, in: "abc") == 3)
    #expect(CursorPosition.scalars(nil, in: "abc") == 3)
    #expect(CursorPosition.scalars(2, in: "") == 0)
  }

  @Test func positionsBeyondTheEndAreReadAsUTF16() {
    // Four scalars; a front end that counts UTF-16 units puts the end at 6.
    #expect(CursorPosition.scalars(6, in: "🎈🎈ab") == 4)
    #expect(CursorPosition.scalars(5, in: "🎈🎈ab") == 3)
    #expect(CursorPosition.scalars(7, in: "🎈🎈ab") == 4)
  }
}
