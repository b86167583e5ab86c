//! Blocks from a height, as the application of another node has them.

use crate::stage::{Node, Over, crowd, soon};
use agon_mesh::handle::AskError;
use agon_mesh::{NodeKey, Standing};
use agon_types::Height;

fn block(height: u64, bytes: usize) -> Vec<u8> {
    let mut block = height.to_le_bytes().to_vec();
    block.resize(bytes, 7);
    block
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_gets_the_blocks_that_it_lacks_as_many_as_fit() {
    for over in [Over::Quic, Over::Tcp] {
        let mut nodes = crowd(2, over).await;
        let (one, rest) = nodes.split_at_mut(1);
        let (asker, answerer) = (&one[0], &mut rest[0]);
        let peer = answerer.key.peer();
        // Of 64 KiB each, 64 are 4 MiB; a thousand are asked for.
        let (blocks, ()) = tokio::join!(asker.handle.blocks(peer, Height(5), 1_000), async {
            let asked = soon(answerer.inbox.blocks.recv()).await.unwrap();
            assert_eq!((asked.from, asked.count), (Height(5), 64));
            asked.answer(Height(900), (5..).map(|height| block(height, 65 << 10)));
        });
        let blocks = blocks.unwrap();
        assert_eq!((blocks.tip, blocks.blocks.len()), (Height(900), 63), "4 MiB hold 63 of 65 KiB");
        assert_eq!(blocks.blocks[62], block(67, 65 << 10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_application_and_strangers_get_no_blocks() {
    let mut nodes = crowd(2, Over::Quic).await;
    let (one, rest) = nodes.split_at_mut(1);
    let (asker, answerer) = (&one[0], &mut rest[0]);
    let peer = answerer.key.peer();
    let (blocks, ()) = tokio::join!(asker.handle.blocks(peer, Height(1), 1), async {
        drop(soon(answerer.inbox.blocks.recv()).await);
    });
    assert_eq!(blocks, Err(AskError::Busy));

    let stranger = Node::start(NodeKey::generate(), None, Over::Quic);
    stranger.connect(answerer).await;
    stranger.sees(peer, Standing::Bound).await;
    assert_eq!(stranger.handle.blocks(peer, Height(1), 1).await, Err(AskError::Busy));
    assert!(answerer.inbox.blocks.try_recv().is_err());
}
